import Logging
import Telemetry

extension WorkerConfiguration {
    /// Reads the environment: `BATON_AMQP_URL`, `BATON_PREFIX`, `BATON_WORKER_IDENTITY`, `BATON_WORKER_PREFETCH`,
    /// `BATON_WORKER_LEASE` and `BATON_WORKER_DRAIN_TIMEOUT` (seconds), `BATON_WORKER_METRICS_PORT`,
    /// `BATON_LOG_LEVEL`, `BATON_LOG_FORMAT` (text or json). What is absent or empty keeps its default.
    ///
    /// - Throws: for a value that cannot be understood.
    public static func fromEnvironment(
        name: String, environment: [String: String]? = nil
    ) throws(WorkerConfigurationError) -> WorkerConfiguration {
        let environment = environment ?? ProcessIdentity.environment
        func value(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
        func number(_ key: String, _ range: ClosedRange<Int>) throws(WorkerConfigurationError) -> Int? {
            guard let text = value(key) else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw WorkerConfigurationError(
                    "\(key) is \(text); it has to be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        var configuration = WorkerConfiguration(name: name, identity: value("BATON_WORKER_IDENTITY"))
        if let url = value("BATON_AMQP_URL") { configuration.amqpURL = url }
        if let prefix = value("BATON_PREFIX") { configuration.prefix = prefix }
        if let prefetch = try number("BATON_WORKER_PREFETCH", 1...65_535) { configuration.prefetch = prefetch }
        if let lease = try number("BATON_WORKER_LEASE", 1...86_400) { configuration.lease = .seconds(lease) }
        if let drain = try number("BATON_WORKER_DRAIN_TIMEOUT", 0...86_400) {
            configuration.drainTimeout = .seconds(drain)
        }
        configuration.metricsPort = try number("BATON_WORKER_METRICS_PORT", 1...65_535)
        if let text = value("BATON_LOG_LEVEL") {
            guard let level = LogConfiguration.level(text) else {
                throw WorkerConfigurationError(
                    "BATON_LOG_LEVEL is \(text); it has to be one of "
                        + LogConfiguration.levelNames.joined(separator: ", "))
            }
            configuration.logLevel = level
        }
        if let text = value("BATON_LOG_FORMAT") {
            guard let format = LogFormat(rawValue: text.lowercased()) else {
                throw WorkerConfigurationError("BATON_LOG_FORMAT is \(text); it has to be text or json")
            }
            configuration.logFormat = format
        }
        return configuration
    }

    func validate() throws(WorkerConfigurationError) {
        guard (1...65_535).contains(prefetch) else {
            throw WorkerConfigurationError("prefetch is \(prefetch); it has to be a number from 1 to 65535")
        }
        guard lease > .zero else { throw WorkerConfigurationError("the lease has to be longer than zero") }
        guard drainTimeout >= .zero else { throw WorkerConfigurationError("the drain timeout cannot be negative") }
    }
}
