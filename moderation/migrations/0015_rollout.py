import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from moderation.seeds import ExtendRoles


class Migration(migrations.Migration):
    """Versions of the policy are put on by degrees, and what a rule did can be taken back."""

    dependencies = [
        ('archive', '0004_one_index_of_source'),
        ('moderation', '0014_rejudge'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reversion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=100)),
                ('batch', models.UUIDField(unique=True)),
                ('api_key', models.CharField(blank=True, default='', max_length=100)),
                ('last_id', models.BigIntegerField()),
                ('position', models.BigIntegerField(default=0)),
                ('reverted', models.PositiveBigIntegerField(default=0)),
                ('left', models.PositiveBigIntegerField(default=0)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'reversion',
                'verbose_name_plural': 'reversions',
            },
        ),
        migrations.CreateModel(
            name='Rollout',
            fields=[
                ('policy', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='rollout', serialize=False, to='moderation.policyversion')),
                ('percent', models.PositiveSmallIntegerField(default=0)),
                ('effective_at', models.DateTimeField(blank=True, null=True)),
                ('judged', models.PositiveBigIntegerField(default=0)),
                ('automatic', models.PositiveBigIntegerField(default=0)),
                ('failures', models.PositiveBigIntegerField(default=0)),
                ('braked_at', models.DateTimeField(blank=True, null=True)),
                ('braked_rules', models.JSONField(blank=True, default=list)),
            ],
            options={
                'verbose_name': 'rollout',
                'verbose_name_plural': 'rollouts',
            },
        ),
        migrations.CreateModel(
            name='ShadowVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('action', models.CharField(max_length=16)),
                ('rule', models.CharField(blank=True, default='', max_length=100)),
                ('active_action', models.CharField(max_length=16)),
                ('active_rule', models.CharField(blank=True, default='', max_length=100)),
                ('effective', models.BooleanField(default=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'shadow verdict',
                'verbose_name_plural': 'shadow verdicts',
            },
        ),
        migrations.AddField(
            model_name='review',
            name='replaced',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(models.Case(models.When(status__in=['shadow', 'rollout'], then=models.Value(1)), output_field=models.IntegerField()), name='policy_one_candidate'),
        ),
        migrations.AddField(
            model_name='reversion',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reversion',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='moderation.policyversion'),
        ),
        migrations.AddField(
            model_name='shadowverdict',
            name='comment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='archive.comment'),
        ),
        migrations.AddField(
            model_name='shadowverdict',
            name='policy',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='moderation.policyversion'),
        ),
        migrations.AddConstraint(
            model_name='reversion',
            constraint=models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('policy', 'rule'), name='reversion_one_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='shadowverdict',
            constraint=models.UniqueConstraint(fields=('policy', 'comment', 'revision'), name='shadow_verdict_one'),
        ),
        ExtendRoles(),
    ]
