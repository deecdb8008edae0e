"""When plex.tv was asked for each user's token, and the users' pictures."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('plexusers', '0003_type_defaults'),
    ]

    operations = [
        migrations.CreateModel(
            name='Avatar',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='avatar', serialize=False, to='plexusers.plexuser')),
                ('source', models.CharField(help_text='The address it was read from.', max_length=500)),
                ('content_type', models.CharField(blank=True, help_text='Empty: there is no picture at the address.', max_length=20)),
                ('body', models.BinaryField(default=bytes)),
            ],
            options={
                'verbose_name': 'avatar',
            },
        ),
        migrations.AddField(
            model_name='plexuser',
            name='pin_refused',
            field=models.BooleanField(default=False, editable=False, help_text='Plex refused the PIN; it is not tried again until it is changed.'),
        ),
        migrations.AddField(
            model_name='plexuser',
            name='token_asked_at',
            field=models.DateTimeField(editable=False, help_text="When plex.tv was asked for this user's token last (UTC).", null=True),
        ),
    ]
