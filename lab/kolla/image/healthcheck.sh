#!/bin/bash
# For MariaDB's own script of this name, which Debian doesn't carry: whether the server answers and is Synced.
defaults=()
while (($#)); do
    case $1 in
        --defaults-file) defaults=("--defaults-file=$2") && shift ;;
        --defaults-file=*) defaults=("$1") ;;
    esac
    shift
done
state=$(mariadb "${defaults[@]}" --connect-timeout=5 -N -B -e "SHOW STATUS LIKE 'wsrep_local_state'" | cut -f2)
[[ $state == 4 ]]
