import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


from moderation.models.ledger import InstallLedgerTriggers
from moderation.seeds import ExtendRoles


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0018_desk_second_round'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='networks',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='apikey',
            name='previous_digest',
            field=models.CharField(blank=True, default='', max_length=128),
        ),
        migrations.AddField(
            model_name='apikey',
            name='previous_token_key',
            field=models.CharField(blank=True, db_index=True, default='', max_length=25),
        ),
        migrations.AddField(
            model_name='apikey',
            name='previous_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('kind', models.CharField(choices=[('key', 'API key'), ('person', 'person'), ('role', 'role'), ('policy', 'policy'), ('word_list', 'word list'), ('reason', 'reason'), ('source', 'source'), ('webhook', 'webhook'), ('export', 'export'), ('settings', 'settings')], max_length=16, verbose_name='kind')),
                ('action', models.CharField(max_length=32, verbose_name='action')),
                ('subject', models.CharField(max_length=200, verbose_name='subject')),
                ('api_key', models.CharField(blank=True, default='', max_length=100, verbose_name='API key')),
                ('before', models.JSONField(default=dict, verbose_name='before')),
                ('after', models.JSONField(default=dict, verbose_name='after')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
            ],
            options={
                'verbose_name': 'entry of the audit trail',
                'verbose_name_plural': 'entries of the audit trail',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['kind', 'id'], name='audit_kind'), models.Index(fields=['actor', 'id'], name='audit_actor')],
            },
        ),
        InstallLedgerTriggers(),
        ExtendRoles(),
    ]
