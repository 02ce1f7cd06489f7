import Interpreter

/// What a start's ARN leads to.
package struct StartTarget: Sendable {
    package var machine: StateMachineRecord
    package var revision: StateMachineRevision
    package var version: Int?
    package var alias: String?
}

extension EngineCore {
    /// Finds the machine, version or alias of an ARN; an alias chooses its version by weight.
    mutating func startTarget(_ arn: String) throws(StoreError) -> Result<StartTarget, ServiceError> {
        var unknown: ServiceError { ServiceError(.stateMachineDoesNotExist, "State Machine Does Not Exist: '\(arn)'") }
        // That of a machine is the usual one, and has nothing to be taken apart; only such are kept in memory.
        if let machine = stateMachines[arn] {
            return .success(StartTarget(machine: machine, revision: machine.revision))
        }
        guard arn.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 7 else {
            guard let machine = try stateMachine(arn) else { return .failure(unknown) }
            return .success(StartTarget(machine: machine, revision: machine.revision))
        }
        let parts = arn.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Substring($0) }
        let machineARN = parts[..<7].joined(separator: ":")
        guard let machine = try stateMachine(machineARN) else { return .failure(unknown) }
        var target = StartTarget(machine: machine, revision: machine.revision)
        if let number = StatesARN.versionNumber(parts[7]) {
            target.version = number
        } else {
            guard let alias = try writer.alias(stateMachineARN: machineARN, name: String(parts[7])) else {
                return .failure(unknown)
            }
            target.alias = alias.name
            target.version = alias.version(for: Int.random(in: 0..<100, using: &random))
        }
        guard let number = target.version,
            let version = try writer.version(stateMachineARN: machineARN, number: number)
        else { return .failure(unknown) }
        target.revision = version.revision
        return .success(target)
    }
}
