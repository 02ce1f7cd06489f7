package import ArgumentParser

/// Flags that make a worker slow, failing or crashing.
package struct FaultOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Take that long for each task.", valueName: "seconds"))
    package var slow: Double?

    @Option(help: ArgumentHelp("Fail that share of the tasks, from 0 to 1.", valueName: "rate"))
    package var failRate: Double?

    @Option(help: ArgumentHelp("Fail the first tasks of this process, that many.", valueName: "count"))
    package var failCount: Int?

    @Option(help: ArgumentHelp("The error's name; without rate or count, every task fails.", valueName: "error"))
    package var failError: String?

    @Option(help: ArgumentHelp("Die when that task is done, before anybody knows.", valueName: "task number"))
    package var crashBeforeAnswer: Int?

    @Option(help: ArgumentHelp("Die when that task is answered, before it is acknowledged.", valueName: "task number"))
    package var crashAfterAnswer: Int?

    @Flag(help: "Never finish a task, though its heartbeats go on.")
    package var hang = false

    package init() {}

    package func validate() throws {
        if let failRate, !(0...1).contains(failRate) { throw ValidationError("--fail-rate has to be from 0 to 1") }
        if let slow, !(0...86_400).contains(slow) { throw ValidationError("--slow has to be from 0 to 86400 seconds") }
        for (name, count) in [
            ("--crash-before-answer", crashBeforeAnswer), ("--crash-after-answer", crashAfterAnswer),
        ] {
            if let count, count < 1 { throw ValidationError("\(name) counts from 1") }
        }
    }
}
