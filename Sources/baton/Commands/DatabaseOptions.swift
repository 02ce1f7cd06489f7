import ArgumentParser
import JSONValue
import Orchestrator

/// Which database. Commands that work on the file take this; no server is asked.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The database (BATON_DATABASE; default: baton.db).", valueName: "file"),
        completion: .file())
    var database: String?

    func path() throws(CommandError) -> String {
        var flags: [ServerSettings.Key: String] = [:]
        flags[.database] = database
        // Other variables of a server's environment do not matter here.
        let name = ServerSettings.Key.database.environmentName
        return try ServerSettings.resolve(
            flags: flags, environment: { $0 == name ? environmentValue(name) : nil }, file: nil
        ).database
    }
}

/// Shows how far something has come, where somebody watches.
final class PercentageLine {
    private let what: String
    private var last = -1

    init(_ what: String) { self.what = what }

    func show(_ done: Int, of all: Int) {
        let percentage = all > 0 ? done * 100 / all : 100
        guard percentage != last else { return }
        last = percentage
        Terminal.standard.transient("\(what) \(percentage) %")
    }

    func end() { Terminal.standard.clearTransient() }
}

extension CommandError {
    /// What a store refused: the files named are wrong, or it could not be done.
    init(_ error: StoreError) {
        switch error.code {
        case .cannotOpen, .notADatabase, .newerSchema: self.init(.usage, error.message)
        default: self.init(.failed, error.message)
        }
    }
}

/// 12,345,678 bytes are 11.8 MB.
func byteCount(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1_024, unit < units.count - 1 {
        value /= 1_024
        unit += 1
    }
    if unit == 0 { return "\(bytes) bytes" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
