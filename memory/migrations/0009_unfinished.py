from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('memory', '0008_deleted_batch'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='memory',
            index=models.Index(condition=models.Q(('passages__lt', 0), ('state', 'active')), fields=['id'], name='memory_unfinished'),
        ),
    ]
