"""What site.yml runs besides MariaDB: groups of services, and plays. None of the others does anything here."""
from typing import NamedTuple


class Site(NamedTuple):
    services: tuple
    # Plays before and after MariaDB's, by role; a name with a blank is the play's own.
    before: tuple
    after: tuple
    # Roles that have hosts, and no task with the tag `mariadb`.
    idle: tuple = ()


def title(name):
    return name if " " in name else f"Apply role {name}"


RELEASE_17 = Site(
    services=(
        "enable_aodh_False", "enable_barbican_False", "enable_blazar_False", "enable_ceilometer_False",
        "enable_ceph_rgw_False", "enable_cinder_False", "enable_cloudkitty_False", "enable_collectd_False",
        "enable_cyborg_False", "enable_designate_False", "enable_etcd_False", "enable_freezer_False",
        "enable_glance_False", "enable_gnocchi_False", "enable_grafana_False", "enable_hacluster_False",
        "enable_heat_False", "enable_horizon_False", "enable_influxdb_False", "enable_ironic_False",
        "enable_iscsid_False", "enable_keystone_False", "enable_kuryr_False", "enable_letsencrypt_False",
        "enable_loadbalancer_False", "enable_magnum_False", "enable_manila_False", "enable_mariadb_True",
        "enable_masakari_False", "enable_memcached_False", "enable_mistral_False", "enable_multipathd_False",
        "enable_murano_False", "enable_neutron_False", "enable_nova_False", "enable_octavia_False",
        "enable_opensearch_False", "enable_opensearch_dashboards_False", "enable_openvswitch_False_enable_ovs_dpdk_False",
        "enable_outward_rabbitmq_False", "enable_ovn_False", "enable_placement_False", "enable_prometheus_False",
        "enable_rabbitmq_False", "enable_redis_False", "enable_sahara_False", "enable_senlin_False",
        "enable_skyline_False", "enable_solum_False", "enable_swift_False", "enable_tacker_False",
        "enable_telegraf_False", "enable_trove_False", "enable_venus_False", "enable_vitrage_False",
        "enable_watcher_False", "enable_zun_False",
    ),
    before=(
        "prechecks", "common", "loadbalancer", "letsencrypt", "collectd", "influxdb", "telegraf", "redis",
    ),
    after=(
        "memcached", "prometheus", "iscsi", "multipathd", "rabbitmq", "etcd", "keystone", "opensearch", "swift", "glance",
        "ironic", "cinder", "placement", "nova", "openvswitch", "neutron", "kuryr", "hacluster", "heat", "horizon",
        "murano", "solum", "magnum", "mistral", "sahara", "manila", "gnocchi", "ceilometer", "aodh", "barbican", "cyborg",
        "designate", "trove", "watcher", "grafana", "cloudkitty", "freezer", "senlin", "tacker", "octavia", "zun",
        "vitrage", "blazar", "masakari", "venus", "skyline",
    ),
)

RELEASE_22 = Site(
    services=(
        "enable_aodh_False", "enable_barbican_False", "enable_blazar_False", "enable_ceilometer_False",
        "enable_ceph_rgw_False", "enable_cinder_False", "enable_cloudkitty_False", "enable_collectd_False",
        "enable_cyborg_False", "enable_designate_False", "enable_etcd_False", "enable_fluentd_False",
        "enable_glance_False", "enable_gnocchi_False", "enable_grafana_False", "enable_hacluster_False",
        "enable_heat_False", "enable_horizon_False", "enable_ironic_False", "enable_iscsid_False",
        "enable_keystone_False", "enable_letsencrypt_False", "enable_loadbalancer_False", "enable_magnum_False",
        "enable_manila_False", "enable_mariadb_True", "enable_masakari_False", "enable_memcached_False",
        "enable_mistral_False", "enable_multipathd_False", "enable_neutron_False", "enable_nova_False",
        "enable_octavia_False", "enable_opensearch_False", "enable_opensearch_dashboards_False",
        "enable_openvswitch_False_enable_ovs_dpdk_False", "enable_ovn_False", "enable_placement_False",
        "enable_prometheus_False", "enable_rabbitmq_False", "enable_valkey_False", "enable_skyline_False",
        "enable_tacker_False", "enable_trove_False", "enable_watcher_False",
    ),
    before=(
        "prechecks", "logs", "kolla_toolbox", "cron", "fluentd", "loadbalancer", "opensearch", "letsencrypt", "collectd",
        "valkey",
    ),
    after=(
        "memcached", "prometheus", "prometheus-node-exporters", "iscsi", "multipathd", "rabbitmq",
        "Restart rabbitmq services", "Apply rabbitmq post-configuration", "etcd", "keystone", "ceph-rgw", "glance",
        "ironic", "cinder", "placement", "openvswitch", "ovs-dpdk", "ovn-controller", "ovn-db",
        "Bootstrap nova API databases", "Bootstrap nova cell databases", "nova", "nova-cell",
        "Refresh nova scheduler cell cache", "Reload global Nova super conductor services", "Reload Nova cell services",
        "Reload global Nova API services", "Run Nova API online data migrations", "Run Nova cell online data migrations",
        "neutron", "hacluster", "heat", "horizon", "magnum", "mistral", "manila", "gnocchi", "ceilometer", "aodh",
        "barbican", "cyborg", "designate", "trove", "watcher", "grafana", "cloudkitty", "tacker", "octavia", "blazar",
        "masakari", "skyline",
    ),
    idle=("logs", "kolla_toolbox", "cron"),
)
