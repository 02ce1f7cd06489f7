import Synchronization

/// Labels of one time series, in the order in which they are shown.
package typealias MetricLabels = KeyValuePairs<String, String>

/// The metrics of a process, shown in Prometheus's text format.
///
/// Asking twice for the same name and labels gives the same instrument, so whoever needs one may simply ask; hot paths
/// ask once and keep it. A name has one kind and one help text: the first that was given.
package final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: Family]>([:])

    package init() {}

    /// A number that only grows. By convention its name ends in `_total`.
    package func counter(_ name: String, help: String, labels: MetricLabels = [:]) -> Counter {
        instrument(name, help, labels, .counter) { .counter(Counter()) }.counter
    }

    /// A number that goes up and down.
    package func gauge(_ name: String, help: String, labels: MetricLabels = [:]) -> Gauge {
        instrument(name, help, labels, .gauge) { .gauge(Gauge()) }.gauge
    }

    /// A distribution over fixed buckets.
    /// - Parameter buckets: upper bounds, ascending, without infinity; those of the first call for `name` count.
    package func histogram(
        _ name: String, help: String, labels: MetricLabels = [:], buckets: [Double] = Histogram.seconds
    ) -> Histogram {
        instrument(name, help, labels, .histogram) { .histogram(Histogram(buckets: buckets)) }.histogram
    }

    /// A gauge that is read when it is shown. A later call for the same name and labels replaces `read`.
    package func gauge(
        _ name: String, help: String, labels: MetricLabels = [:], read: @escaping @Sendable () -> Double
    ) {
        register(name, help, labels, .gauge, .reading(read))
    }

    /// A counter that is kept elsewhere and read when it is shown. A later call replaces `read`.
    package func counter(
        _ name: String, help: String, labels: MetricLabels = [:], read: @escaping @Sendable () -> Double
    ) {
        register(name, help, labels, .counter, .reading(read))
    }

    /// Everything in Prometheus's text exposition format 0.0.4, families and series in the order of their names.
    package func render() -> String {
        // Copied first: a reading may take locks of its own, or use this registry.
        let snapshot = families.withLock { $0 }
        var text = ""
        for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(Exposition.escapedHelp(family.help))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, instrument) in family.series.sorted(by: { $0.key < $1.key }) {
                instrument.write(name: name, labels: labels, to: &text)
            }
        }
        return text
    }

    /// What an HTTP answer with `render()`'s text has to say of itself.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private func instrument(
        _ name: String, _ help: String, _ labels: MetricLabels, _ kind: Kind, make: () -> Instrument
    ) -> Instrument {
        let key = Exposition.labels(labels)
        return families.withLock { families in
            let family = Self.family(name, help, kind, in: families)
            if let existing = family.series[key], existing.isInstrument { return existing }
            let new = make()
            families[name] = family.with(new, at: key)
            return new
        }
    }

    private func register(
        _ name: String, _ help: String, _ labels: MetricLabels, _ kind: Kind, _ instrument: Instrument
    ) {
        let key = Exposition.labels(labels)
        families.withLock { families in
            families[name] = Self.family(name, help, kind, in: families).with(instrument, at: key)
        }
    }

    private static func family(_ name: String, _ help: String, _ kind: Kind, in families: [String: Family]) -> Family {
        precondition(Exposition.isMetricName(name), "\(name) cannot be the name of a metric")
        guard let family = families[name] else { return Family(kind: kind, help: help) }
        precondition(family.kind == kind, "metric \(name) is a \(family.kind.rawValue), not a \(kind.rawValue)")
        return family
    }

    private enum Kind: String { case counter, gauge, histogram }

    private struct Family {
        let kind: Kind
        let help: String
        /// By label text.
        var series: [String: Instrument] = [:]

        func with(_ instrument: Instrument, at key: String) -> Family {
            var copy = self
            copy.series[key] = instrument
            return copy
        }
    }

    private enum Instrument {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case reading(@Sendable () -> Double)

        var isInstrument: Bool { if case .reading = self { false } else { true } }

        // The kind is checked by the family before any of these is asked.
        var counter: Counter { if case .counter(let counter) = self { counter } else { Counter() } }
        var gauge: Gauge { if case .gauge(let gauge) = self { gauge } else { Gauge() } }
        var histogram: Histogram { if case .histogram(let value) = self { value } else { Histogram(buckets: []) } }

        func write(name: String, labels: String, to text: inout String) {
            switch self {
            case .counter(let counter): Exposition.sample(name, labels, String(counter.value), to: &text)
            case .gauge(let gauge): Exposition.sample(name, labels, Exposition.number(gauge.value), to: &text)
            case .reading(let read): Exposition.sample(name, labels, Exposition.number(read()), to: &text)
            case .histogram(let histogram): histogram.write(name: name, labels: labels, to: &text)
            }
        }
    }
}
