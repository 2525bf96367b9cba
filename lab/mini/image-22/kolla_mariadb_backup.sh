#!/bin/bash

set -eu
set -o pipefail

# A folder in /backup per run. An incremental begins at the last full, which is unpacked for that, and never at
# another incremental.
take_full() {
    echo "Taking a full backup"
    local date folder
    date=$(date +%d-%m-%Y-%s)
    folder="$BACKUP_DIR/full-$date"
    mkdir -p "$folder"
    mariabackup --defaults-file=/etc/mysql/my.cnf --backup --stream=xbstream --history="$date" | gzip > \
        "$folder/mysqlbackup-$date.qp.xbc.xbs.gz"
    echo "$folder/mysqlbackup-$date.qp.xbc.xbs.gz" > "$BACKUP_DIR/last_full_file"
}

take_incremental() {
    echo "Taking an incremental backup"
    if [ ! -r "$BACKUP_DIR/last_full_file" ]; then
        echo "Error: No full backup file found."
        exit 1
    fi
    local full date now folder base
    full=$(cat "$BACKUP_DIR/last_full_file")
    date=$(basename "$(dirname "$full")" | sed 's/^full-//')
    now=$(date +%H-%M-%S-%d-%m-%Y)
    folder="$BACKUP_DIR/incr-$now-since-$date"
    mkdir -p "$folder"
    base=$(mktemp -d)
    echo "Decompressing full backup to temp dir: $base"
    gunzip -c "$full" | mbstream -x -C "$base"
    mariabackup --defaults-file=/etc/mysql/my.cnf --backup --stream=xbstream --incremental-basedir="$base" \
        --history="incr-$now" | gzip > "$folder/incremental-$now-mysqlbackup-$date.qp.xbc.xbs.gz"
    rm -rf "$base"
}

BACKUP_DIR=/backup/
cd "$BACKUP_DIR"

case "${BACKUP_TYPE:-}" in
    full) take_full ;;
    incremental) take_incremental ;;
    "")
        echo "You need to specify either full or incremental backup options."
        exit 1
        ;;
    *)
        echo "Only full or incremental options are supported."
        exit 1
        ;;
esac
