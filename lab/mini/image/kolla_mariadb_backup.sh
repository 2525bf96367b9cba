#!/bin/bash

set -eu
set -o pipefail

# One file in /backup per run: the whole, or what changed since the last run
# that had the same name in the history (a day's).
function take_full {
    echo "Taking a full backup"
    local day
    day=$(date +%d-%m-%Y)
    mariabackup \
        --backup \
        --stream=xbstream \
        --history="$day" | gzip > \
        "$BACKUP_DIR/mysqlbackup-$(date +%d-%m-%Y-%s).qp.xbc.xbs.gz" && \
        echo "$day" > "$BACKUP_DIR/last_full_date"
}

function take_incremental {
    echo "Taking an incremental backup"
    if [ -r "$BACKUP_DIR/last_full_date" ]; then
        LAST_FULL_DATE=$(cat "$BACKUP_DIR/last_full_date")
    fi
    mariabackup --backup --stream=xbstream --incremental-history-name="$LAST_FULL_DATE" \
        --history="$LAST_FULL_DATE" | gzip > \
        "$BACKUP_DIR/incremental-$(date +%H)-mysqlbackup-$(date +%d-%m-%Y-%s).qp.xbc.xbs.gz"
}

BACKUP_DIR=/backup

case "${BACKUP_TYPE:-}" in
    full) take_full ;;
    incremental) take_incremental ;;
    *)
        echo "Only full or incremental options are supported."
        exit 1
        ;;
esac
