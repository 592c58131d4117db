
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('memory', '0006_near_by_index'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='transfer',
            name='file',
        ),
        migrations.AddField(
            model_name='transfer',
            name='cursor',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='transfer',
            name='parts',
            field=models.JSONField(default=list),
        ),
    ]
