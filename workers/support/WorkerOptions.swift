package import ArgumentParser
import Logging
import Telemetry
package import WorkerSDK

/// The flags that every one of these workers takes.
package struct WorkerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The broker; BATON_AMQP_URL.", valueName: "url"))
    package var amqpURL: String?

    @Option(help: ArgumentHelp("The folder of this worker's records; BATON_WORKER_DATA.", valueName: "folder"))
    package var data: String?

    @Option(help: ArgumentHelp("How many tasks of each activity are worked on at once.", valueName: "number"))
    package var prefetch: Int?

    @Option(help: ArgumentHelp("What this worker is called in histories and logs.", valueName: "name"))
    package var name: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    package var logLevel: String?

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    package var logFormat: String?

    @Option(help: ArgumentHelp("Serve /metrics on this port of the loopback interface.", valueName: "port"))
    package var metricsPort: Int?

    @Flag(help: "Print what the data folder holds, and end.")
    package var list = false

    @Flag(help: "With --list: print JSON, and every call with its outcome.")
    package var json = false

    @OptionGroup(title: "Faults, for demonstrations and tests")
    package var faults: FaultOptions

    package init() {}

    /// Flags before environment before defaults.
    package func configuration(_ worker: String) throws -> WorkerConfiguration {
        var configuration = try WorkerConfiguration.fromEnvironment(name: worker)
        if let amqpURL { configuration.amqpURL = amqpURL }
        if let prefetch {
            guard (1...65_535).contains(prefetch) else {
                throw ValidationError("--prefetch has to be a number from 1 to 65535")
            }
            configuration.prefetch = prefetch
        }
        if let name { configuration.identity = name }
        if let metricsPort { configuration.metricsPort = metricsPort }
        if let logLevel {
            guard let level = LogConfiguration.level(logLevel) else {
                throw ValidationError(
                    "--log-level has to be one of \(LogConfiguration.levelNames.joined(separator: ", "))")
            }
            configuration.logLevel = level
        }
        if let logFormat {
            guard let format = WorkerConfiguration.LogFormat(rawValue: logFormat) else {
                throw ValidationError("--log-format has to be text or json")
            }
            configuration.logFormat = format
        }
        return configuration
    }

    /// The folder for the records of `worker`.
    package func folder(_ worker: String) -> String {
        data ?? Environment.value("BATON_WORKER_DATA") ?? ".baton/\(worker)"
    }
}
