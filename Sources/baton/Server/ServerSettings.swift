import AMQP
import AWSJSONAPI
import JSONValue
import Logging
import Telemetry

/// Everything about a server that can be chosen. Flag beats environment beats file beats default.
struct ServerSettings: Sendable, Hashable {
    var database = "baton.db"
    var amqpURL = "amqp://guest:guest@localhost:5672/"
    var listen = "127.0.0.1:8083"
    var logLevel = "info"
    var logFormat = "text"
    var region = "us-east-1"
    var account = "000000000000"
    var partition = "aws"
    /// As `ThrottleLimits` reads it; empty for none.
    var throttle = ""
    var prefix = "baton"
    /// The release of JSONata that definitions are written for.
    var jsonataLevel = EvaluationRequest.Level.v206
    var quotas = Quotas()
    var allowRemoteWithoutCredentials = false
    var keysFile: String?
    var metricsAccess = MetricsAccess.keys
    var tlsCertificate: String?
    var tlsKey: String?
    var expressLimit = 10_000
    /// Tasks that one worker takes at once.
    var workerPrefetch = 10
    /// Seconds for which executions are kept after their end; nil for ever.
    var retainClosed: Double?
    /// The folder of log groups; nil for one beside the database, "off" for none.
    var logs: String?

    /// Who may read the metrics of a server that has access keys.
    enum MetricsAccess: String, Sendable, CaseIterable { case keys, open }
    /// Folders that stand for buckets, by the buckets' names.
    var buckets: [String: String] = [:]

    /// Every setting: its name on the command line and in the file. The environment variable is `BATON_` and the name
    /// in capitals.
    enum Key: String, CaseIterable, Sendable {
        case database
        case amqpURL = "amqp-url"
        case listen
        case logLevel = "log-level"
        case logFormat = "log-format"
        case region
        case account
        case partition
        case throttle
        case prefix
        case jsonataLevel = "jsonata-level"
        case limit
        case allowRemoteWithoutCredentials = "allow-remote-without-credentials"
        case keysFile = "keys-file"
        case metricsAccess = "metrics-access"
        case tlsCertificate = "tls-certificate"
        case tlsKey = "tls-key"
        case buckets
        case expressLimit = "express-limit"
        case logs
        case workerPrefetch = "worker-prefetch"
        case retainClosed = "retain-closed"

        var environmentName: String {
            "BATON_" + rawValue.uppercased().split(separator: "-").joined(separator: "_")
        }
    }

    /// Puts the layers over each other.
    ///
    /// - Parameters:
    ///   - flags: What the command line says.
    ///   - environment: Looks up an environment variable.
    ///   - file: The configuration file: an object whose keys are those of `Key`.
    static func resolve(
        flags: [Key: String], environment: (String) -> String?, file: JSON?, fileName: String = ""
    ) throws(CommandError) -> ServerSettings {
        var settings = ServerSettings()
        if let file {
            guard let members = file.objectValue else {
                throw CommandError(
                    .usage, "\(fileName) has to hold settings as 'name: value', such as 'listen: 127.0.0.1:8083'.")
            }
            for (name, value) in members {
                guard let key = Key(rawValue: name) else {
                    let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandError(
                        .usage, "\(fileName) sets '\(name)', which is not a setting: there are \(known).")
                }
                guard value.objectValue == nil, value.arrayValue == nil else {
                    throw CommandError(.usage, "\(fileName): '\(name)' has to be a single value.")
                }
                try settings.set(key, value.stringValue ?? value.serialized(), from: "\(fileName): \(name)")
            }
        }
        for key in Key.allCases {
            if let flag = flags[key] {
                try settings.set(key, flag, from: "--\(key.rawValue)")
            } else if let value = environment(key.environmentName) {
                try settings.set(key, value, from: key.environmentName)
            }
        }
        guard (settings.tlsCertificate == nil) == (settings.tlsKey == nil) else {
            throw CommandError(
                .usage, "A certificate and its key go together: give both --tls-certificate and --tls-key.")
        }
        return settings
    }

    private mutating func set(_ key: Key, _ value: String, from origin: String) throws(CommandError) {
        func refuse(_ expected: String) -> CommandError {
            CommandError(.usage, "\(origin) is '\(value)', but has to be \(expected).")
        }
        switch key {
        case .database:
            guard !value.isEmpty else { throw refuse("the path of a file") }
            database = value
        case .amqpURL:
            do throws(AMQPError) {
                _ = try AMQPURL(value)
            } catch {
                // The value may hold a password and stays out of the message.
                throw CommandError(.usage, "\(origin): \(error.message).")
            }
            amqpURL = value
        case .listen:
            _ = try ListenAddress(value)
            listen = value
        case .logLevel:
            guard LogConfiguration.level(value) != nil else {
                throw refuse("one of \(LogConfiguration.levelNames.joined(separator: ", "))")
            }
            logLevel = value
        case .logFormat:
            guard LogConfiguration.Format(rawValue: value) != nil else { throw refuse("text or json") }
            logFormat = value
        case .region:
            guard !value.isEmpty, value.utf8.allSatisfy({ Self.isNameByte($0) && $0 != UInt8(ascii: "_") }) else {
                throw refuse("a region's name, such as us-east-1")
            }
            region = value
        case .account:
            guard value.utf8.count == 12, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw refuse("12 digits")
            }
            account = value
        case .partition:
            guard !value.isEmpty, value.utf8.allSatisfy({ Self.isNameByte($0) && $0 != UInt8(ascii: "_") }) else {
                throw refuse("a partition's name, such as aws, aws-cn or aws-us-gov")
            }
            partition = value
        case .throttle:
            do throws(ThrottleError) {
                _ = try ThrottleLimits(parsing: value)
            } catch {
                throw CommandError(.usage, "\(origin): \(error.description).")
            }
            throttle = value
        case .jsonataLevel:
            guard let level = EvaluationRequest.Level(rawValue: value) else { throw refuse("2.0.6 or 2.2") }
            jsonataLevel = level
        case .limit:
            do throws(QuotaError) {
                quotas = try Quotas(parsing: value)
            } catch {
                throw CommandError(.usage, "\(origin): \(error.description).")
            }
        case .prefix:
            guard (1...64).contains(value.utf8.count), value.utf8.allSatisfy(Self.isNameByte) else {
                throw refuse("letters, digits, - and _, at most 64")
            }
            prefix = value
        case .buckets:
            buckets = [:]
            for entry in value.split(separator: ",") {
                let parts = entry.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, !parts[1].isEmpty else {
                    throw refuse("NAME=DIRECTORY, several of them separated by commas")
                }
                buckets[String(parts[0])] = String(parts[1])
            }
        case .expressLimit:
            guard let limit = Int(value), limit > 0 else { throw refuse("a positive number") }
            expressLimit = limit
        case .workerPrefetch:
            guard let prefetch = Int(value), (1...65_535).contains(prefetch) else { throw refuse("from 1 to 65535") }
            workerPrefetch = prefetch
        case .logs:
            guard !value.isEmpty else { throw refuse("the path of a folder, or 'off'") }
            logs = value
        case .retainClosed:
            if value == "forever" {
                retainClosed = nil
                break
            }
            guard let seconds = Self.seconds(value) else {
                throw refuse("a time such as 90d, 12h, 30m or 45s, or 'forever'")
            }
            retainClosed = seconds
        case .allowRemoteWithoutCredentials:
            allowRemoteWithoutCredentials = try Self.flag(value, refuse("true or false"))
        case .keysFile:
            guard !value.isEmpty else { throw refuse("the path of a file") }
            keysFile = value
        case .metricsAccess:
            guard let access = MetricsAccess(rawValue: value) else { throw refuse("keys or open") }
            metricsAccess = access
        case .tlsCertificate:
            guard !value.isEmpty else { throw refuse("the path of a file") }
            tlsCertificate = value
        case .tlsKey:
            guard !value.isEmpty else { throw refuse("the path of a file") }
            tlsKey = value
        }
    }

    /// A number and its unit: s, m, h or d.
    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number > 0,
            text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }), number <= 1_000_000_000
        else { return nil }
        return Double(number) * unit
    }

    private static func flag(_ value: String, _ refusal: CommandError) throws(CommandError) -> Bool {
        switch value.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw refusal
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// The folder of the log groups' files; nil where nothing is to be logged.
    var logFolder: String? { logs == "off" ? nil : logs ?? database + "-logs" }

    var logConfiguration: LogConfiguration {
        LogConfiguration(
            level: LogConfiguration.level(logLevel) ?? .info,
            format: LogConfiguration.Format(rawValue: logFormat) ?? .text)
    }
}
