import ArgumentParser
import JSONValue
import Orchestrator
import SQLiteStore
import Telemetry

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the database's place; the server has to be stopped.",
        discussion: """
            The backup is copied and checked, and takes the database's place at once; the backup itself stays as it is. \
            Executions go on from where they were when it was made: steps since then are repeated, executions started \
            since then are gone, and answers to tasks that the backup does not know are ignored.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("The backup.", valueName: "file"), completion: .file())
    var from: String

    @Flag(help: "Replace a database that is there; it is kept beside the new one.")
    var force = false

    @Flag(help: "Take a backup that SQLite can read although the check finds something wrong with it.")
    var acceptFindings = false

    @OptionGroup var format: OutputOptions

    func run() throws {
        let path = try database.path()
        let line = PercentageLine("copying")
        defer { line.end() }
        let stamp = WallTime.now().rfc3339.filter { $0.isLetter || $0.isNumber }
        let report: DatabaseRestore.Report
        do throws(StoreError) {
            report = try DatabaseRestore.restore(
                from: from, to: path,
                .init(replaces: force, acceptsFindings: acceptFindings, stamp: stamp), progress: line.show)
        } catch {
            throw CommandError(error)
        }
        line.end()
        guard !format.isJSON else {
            var answer: JSONObject = [
                "database": .string(report.database), "schema": .int(Int64(report.schema)),
                "bytes": .int(Int64(report.bytes)), "check": report.check.json,
            ]
            if let kept = report.kept { answer["kept"] = .string(kept) }
            return format.printJSON(.object(answer))
        }
        Terminal.standard.line(
            "Restored \(report.database) from \(from): \(byteCount(report.bytes)), "
                + (report.check.isSound ? "checked." : "although \(report.check.summary)."))
        if let kept = report.kept { Terminal.standard.line("What was there is \(kept) now.") }
    }
}
