package import Telemetry

/// What the store counts.
package struct StoreMetrics: Sendable {
    let logBytes: Gauge
    let checkpoints: Counter
    let checkpointsHeldUp: Counter

    package init(_ registry: MetricsRegistry) {
        logBytes = registry.gauge("baton_wal_bytes", help: "Bytes in use of the database's write-ahead log.")
        checkpoints = registry.counter(
            "baton_wal_checkpoints_total", help: "Attempts to copy the write-ahead log into the database.")
        checkpointsHeldUp = registry.counter(
            "baton_wal_checkpoints_held_up_total",
            help: "Those that a reader, a commit at the same moment, or an error kept from copying all of it.")
    }
}
