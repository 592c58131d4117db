from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("memory", "0017_evaluation")]

    operations = [
        # Who walks from a topic finds its memories by it; those without a topic are not in the index.
        migrations.AddIndex(
            model_name="memory",
            index=models.Index(condition=~models.Q(topic=""), fields=["topic"], name="memory_topic"),
        ),
    ]
