package import Interpreter
package import JSONValue
import StatesLanguage

/// One test of one state: checks what it is asked for, runs the state with its stand-ins, and tells what it saw.
///
/// Nothing is called and no time passes here. A Wait state says how long it wants to wait, a Task without a mock what
/// it wants to call; whoever runs the test does that, and tells.
package struct StateTest: Sendable {
    package enum Need: Sendable {
        /// Nothing: the report is complete.
        case nothing
        case time(until: Timestamp)
        case call(InspectionRecord.Call)
    }

    let request: StateTestRequest
    let state: State
    private(set) var inspection: StateInspection

    /// - Parameters:
    ///   - identity: What the context object shows, unless the request has one. See ``ExecutionIdentity/ofTest``.
    ///   - random: Need not be secure.
    package init(
        _ request: StateTestRequest, identity: ExecutionIdentity, at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) throws(StateTestError) {
        self.request = request
        try request.checkCombination()
        let subject = try TestSubject(of: request)
        state = subject.state
        try request.checkSupport(of: subject)
        let result = try request.mock.map { mock throws(StateTestError) in try mock.result(for: subject) } ?? nil
        inspection = StateInspection(
            StateInspection.Setup(
                state: subject.state, input: request.input, variables: try request.parsedVariables(),
                context: try request.parsedContext(for: subject.state), identity: identity, roleARN: request.roleARN,
                retries: request.configuration.retrierRetryCount ?? 0,
                iterationFailures: request.configuration.mapIterationFailureCount ?? 0,
                readerItems: try request.readerItems(for: subject)),
            at: now, using: &random)
        guard inspection.progress == .asking, let mock = request.mock else { return }
        try request.checkFailureCount(inspection.record)
        if let result {
            inspection.answer(.result(result), at: now, using: &random)
        } else {
            let failure = StateFailure(error: mock.error?.error, cause: mock.error?.cause)
            inspection.answer(.failure(failure), at: now, using: &random)
        }
    }

    package var need: Need {
        switch inspection.progress {
        case .waiting(let due): return .time(until: due)
        case .asking:
            guard let call = inspection.record.call else { return .nothing }
            return .call(call)
        case .succeeded, .caught, .retriable, .failed: return .nothing
        }
    }

    /// The time has come.
    package mutating func timePassed(at now: Timestamp, using random: inout some RandomNumberGenerator) {
        inspection.finishWait(at: now, using: &random)
    }

    /// The test took longer than one may.
    package mutating func timeOut() { inspection.timeOut() }

    /// The call was made.
    package mutating func answer(
        _ answer: StateInspection.Answer, at now: Timestamp, using random: inout some RandomNumberGenerator
    ) {
        inspection.answer(answer, at: now, using: &random)
    }
}

extension ExecutionIdentity {
    /// Whose execution a test pretends to be: AWS makes up an express execution, without the last part of its ARN.
    ///
    /// - Parameters:
    ///   - prefix: `arn:aws:states:REGION:ACCOUNT`.
    ///   - machine: Any name, as is `name`; AWS takes UUIDs.
    package static func ofTest(
        prefix: String, machine: String, name: String, at now: Timestamp
    ) -> ExecutionIdentity {
        ExecutionIdentity(
            key: 0, partition: 0, arn: "\(prefix):express:\(machine):\(name)", name: name,
            stateMachineARN: "\(prefix):stateMachine:\(machine)", stateMachineName: machine, roleARN: "",
            startedAt: now)
    }
}
