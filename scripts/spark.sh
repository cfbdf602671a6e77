#!/usr/bin/env bash
# An Apache Spark of two small executors on this machine's loopback, for checks and for trying things out.
#
#   scripts/spark.sh python        prints a Python that has Spark, pyarrow and the ADBC driver; makes it in .tools/spark if need be
#   scripts/spark.sh driver        prints the path of the driver's library
#   scripts/spark.sh start [PORT]  starts Spark Connect (port 15002) and prints its address
#   scripts/spark.sh stop          stops what was started
#
# Nothing is installed system-wide; Java 17 or newer must be there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$PROJECT_ROOT"

pinned=scripts/requirements-spark.txt
folder="$PROJECT_ROOT/.tools/spark"
venv="$folder/venv"

install() {
    need_tools python3
    mkdir -p "$folder"
    exec 9>"$folder/lock"
    if command -v flock >/dev/null; then flock 9; fi
    if ! cmp -s "$pinned" "$venv/installed.txt"; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$pinned" >&2
        cp "$pinned" "$venv/installed.txt"
    fi
    # What is started later does not hold the lock.
    exec 9>&-
}

# where PACKAGE: the folder of an installed package of Python.
where() {
    "$venv/bin/python" -c "import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec('$1').origin).parent)"
}

# All that Spark writes goes to the folder of the tools.
surroundings() {
    command -v java >/dev/null || die "Spark needs Java 17 or newer" "Debian or Ubuntu: apt-get install openjdk-17-jre-headless"
    SPARK_HOME="$(where pyspark)"
    export SPARK_HOME
    export SPARK_LOCAL_IP=127.0.0.1 SPARK_IDENT_STRING=patron
    export SPARK_LOG_DIR="$folder/log" SPARK_PID_DIR="$folder" SPARK_LOCAL_DIRS="$folder/scratch"
    mkdir -p "$folder/log" "$folder/scratch" "$folder/here"
}

start() {
    local port="${1:-15002}" log
    surroundings
    # A folder of its own to start from, so that nothing is found by luck.
    cd "$folder/here"
    rm -rf "$SPARK_HOME/work" "$folder/log"
    "$SPARK_HOME/sbin/start-connect-server.sh" --master 'local-cluster[2,1,1024]' \
        --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1 \
        --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$port" \
        --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=8 \
        --conf "spark.sql.warehouse.dir=$folder/warehouse" >&2
    log="$(ls "$folder"/log/*SparkConnectServer*.out)"
    for _ in $(seq 180); do
        if grep -q 'Spark Connect server started' "$log"; then
            echo "sc://127.0.0.1:$port"
            return
        fi
        sleep 1
    done
    tail -n 20 "$log" >&2
    die "Spark Connect did not start within three minutes" "its log is $log"
}

case "${1:-}" in
python) install && echo "$venv/bin/python" ;;
driver) install && find "$(where adbc_driver_spark)" -name 'libadbc_driver_spark.*' | head -n 1 ;;
start) install && start "${2:-}" ;;
stop)
    install
    surroundings
    "$SPARK_HOME/sbin/stop-connect-server.sh" >&2
    rm -rf "$folder/scratch" "$SPARK_HOME/work"
    ;;
*) die "scripts/spark.sh python|driver|start [PORT]|stop" ;;
esac
