#!/bin/bash
# For MariaDB's own script of this name, which Debian doesn't carry: whether the server answers and is Synced.
defaults=()
for argument in "$@"; do
    case $argument in --defaults-file=*) defaults=("$argument") ;; esac
done
state=$(mariadb "${defaults[@]}" --connect-timeout=5 -N -B -e "SHOW STATUS LIKE 'wsrep_local_state'" | cut -f2)
[[ $state == 4 ]]
