import ArgumentParser
import JSONValue
import Orchestrator
import SQLiteStore

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the whole database, also while the server runs; nothing is changed.",
        discussion: """
            Reads every page, follows every reference, and folds every execution's journal to see that it leads to what \
            the rows say. Exit status 1 means that something is wrong: what, and what to do, is printed. The server's \
            write-ahead log grows until the check is through.
            """)

    @OptionGroup var database: DatabaseOptions

    @Flag(help: "Leave out the journals, which take most of the time.")
    var quick = false

    @Flag(help: "The same as --output json.")
    var json = false

    @OptionGroup var format: OutputOptions

    func run() throws {
        let path = try database.path()
        let line = PercentageLine("folding")
        defer { line.end() }
        let report: DatabaseReport
        do throws(StoreError) {
            report = try DatabaseCheck.run(path, folds: !quick, progress: line.show)
        } catch {
            throw CommandError(error)
        }
        line.end()
        if json || format.isJSON {
            format.printJSON(report.json)
        } else {
            CheckView(report: report).print(to: .standard)
        }
        if !report.isSound { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
