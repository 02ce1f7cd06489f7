import ArgumentParser
import JSONValue

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Run the orchestrator.",
        discussion: """
            Each setting is taken from its flag, else from its environment variable (BATON_ and the flag's name: \
            BATON_AMQP_URL), else from the file of --config, else from its default. SIGTERM and Ctrl-C drain and end \
            the server; whatever was acknowledged is on disk at any time, also when it is killed. SIGHUP makes it read \
            its access keys and its certificate again.
            """
    )

    @Option(help: ArgumentHelp("The SQLite file (default: baton.db).", valueName: "file"), completion: .file())
    var database: String?

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("Where the API listens (default: 127.0.0.1:8083).", valueName: "host:port"))
    var listen: String?

    @Option(
        help: ArgumentHelp("Settings in YAML or JSON, named as the flags (BATON_CONFIG).", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical (default: info).", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text or json (default: text).", valueName: "format"))
    var logFormat: String?

    @Option(help: "The region in ARNs (default: us-east-1).")
    var region: String?

    @Option(help: "The account in ARNs (default: 000000000000).")
    var account: String?

    @Option(help: "The partition in ARNs (default: aws).")
    var partition: String?

    @Option(
        help: ArgumentHelp(
            "Requests per second and at once, such as StartExecution=300/1300,*=50 (default: no limits).",
            valueName: "limits"))
    var throttle: String?

    @Option(
        help: ArgumentHelp(
            "A folder that stands for an S3 bucket; once for each (BATON_BUCKETS: NAME=DIR,NAME=DIR).",
            valueName: "name=dir"))
    var bucket: [String] = []

    @Option(help: ArgumentHelp("Express executions that may be open at once (default: 10000).", valueName: "number"))
    var expressLimit: String?

    @Option(
        help: ArgumentHelp(
            "Tasks that one worker takes at once, for telling how many workers a queue needs (default: 10).",
            valueName: "number"))
    var workerPrefetch: String?

    @Option(
        help: ArgumentHelp(
            "Where executions are logged whose machine has a logging configuration, or 'off' (default: the database's "
                + "path and -logs).", valueName: "folder"), completion: .directory)
    var logs: String?

    @Option(
        help: ArgumentHelp(
            "How long executions are kept after their end, such as 90d, 12h or 30m (default: forever).",
            valueName: "time"))
    var retainClosed: String?

    @Option(help: "The release of JSONata in definitions: 2.0.6, as on AWS, or 2.2 (default: 2.0.6).")
    var jsonataLevel: String?

    @Option(
        help: ArgumentHelp(
            "A limit other than AWS's, such as history-events=100000; can be given several times.",
            valueName: "name=value"))
    var limit: [String] = []

    @Flag(help: "Listen beyond this machine although nobody has to identify himself.")
    var allowRemoteWithoutCredentials = false

    @Option(
        name: [.customLong("keys-file"), .customLong("keys")],
        help: ArgumentHelp(
            "Access keys: with them, calls have to be signed, and others may reach the server.", valueName: "file"),
        completion: .file())
    var keysFile: String?

    @Option(
        help: ArgumentHelp(
            "Who may read /metrics of a server with access keys: keys or open (default: keys).", valueName: "who"))
    var metricsAccess: String?

    @Option(
        help: ArgumentHelp("Serve HTTPS with this certificate, and those in between (PEM).", valueName: "file"),
        completion: .file())
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"), completion: .file())
    var tlsKey: String?

    func run() async throws {
        try await ServerProgram(settings: settings()).run()
    }

    func settings() throws(CommandError) -> ServerSettings {
        let path = config ?? environmentValue("BATON_CONFIG")
        var file: JSON?
        if let path {
            let text = try InputFile.text(path)
            do throws(YAMLDocument.Failure) {
                // YAML contains JSON.
                file = try YAMLDocument(parsing: text).value
            } catch {
                throw CommandError(.usage, "\(path):\(error.line):\(error.column): \(error.message).")
            }
        }
        let given: [(ServerSettings.Key, String?)] = [
            (.database, database), (.amqpURL, broker.amqpURL), (.listen, listen), (.logLevel, logLevel),
            (.logFormat, logFormat), (.region, region), (.account, account), (.partition, partition),
            (.throttle, throttle), (.prefix, broker.prefix), (.expressLimit, expressLimit), (.logs, logs),
            (.retainClosed, retainClosed),
            (.buckets, bucket.isEmpty ? nil : bucket.joined(separator: ",")),
            (.jsonataLevel, jsonataLevel),
            (.limit, limit.isEmpty ? nil : limit.joined(separator: ",")),
            (.allowRemoteWithoutCredentials, allowRemoteWithoutCredentials ? "true" : nil),
            (.keysFile, keysFile), (.metricsAccess, metricsAccess), (.tlsCertificate, tlsCertificate),
            (.tlsKey, tlsKey), (.workerPrefetch, workerPrefetch),
        ]
        var flags: [ServerSettings.Key: String] = [:]
        for (key, value) in given { flags[key] = value }
        return try ServerSettings.resolve(
            flags: flags, environment: environmentValue, file: file, fileName: path ?? "")
    }
}
