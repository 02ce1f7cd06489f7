import ArgumentParser
import JSONValue
import Orchestrator
import SQLiteStore

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database, also while the server runs.",
        discussion: """
            The copy is the database as of one moment, in one file. It appears under its name when it is complete, \
            checked and on disk; a backup that fails leaves nothing. The server goes on meanwhile; its write-ahead log \
            grows until the copy is complete.
            """)

    @OptionGroup var database: DatabaseOptions

    @Option(help: ArgumentHelp("Where to.", valueName: "file"), completion: .file())
    var to: String

    @Flag(help: "Replace a file that is there.")
    var force = false

    @OptionGroup var format: OutputOptions

    func run() throws {
        let path = try database.path()
        let line = PercentageLine("copying")
        defer { line.end() }
        let report: DatabaseBackup.Report
        do throws(StoreError) {
            report = try DatabaseBackup.make(of: path, to: to, replacing: force, progress: line.show)
        } catch {
            throw CommandError(error)
        }
        line.end()
        guard format.isJSON else {
            Terminal.standard.line(
                "Backed up \(report.database) to \(report.file): \(byteCount(report.bytes)), checked.")
            return
        }
        format.printJSON([
            "database": .string(report.database), "file": .string(report.file), "schema": .int(Int64(report.schema)),
            "bytes": .int(Int64(report.bytes)),
        ])
    }
}
