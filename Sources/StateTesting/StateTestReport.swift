import Interpreter
package import JSONValue
import StatesLanguage

/// What came of a test, as TestState answers it.
package struct StateTestReport: Sendable {
    package enum Status: String, Sendable {
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case retriable = "RETRIABLE"
        case caught = "CAUGHT_ERROR"
    }

    /// How much of what was seen is told.
    package enum Level: String, Sendable, CaseIterable {
        case info = "INFO"
        case debug = "DEBUG"
        case trace = "TRACE"
    }

    package internal(set) var status: Status
    package internal(set) var output: JSON?
    package internal(set) var error: String?
    package internal(set) var cause: String?
    package internal(set) var nextState: String?
    /// By name: what the state's data were on the way, and what decided. Values that are JSON stand as they are here;
    /// in the answer they are texts.
    package internal(set) var inspection: [Observation]

    let texts: SourceTexts
    /// The output was made by an expression, which keeps no white space.
    var isOutputMade = false

    package struct Observation: Sendable {
        package enum Value: Sendable, Equatable {
            /// JSON data of the state.
            case data(JSON)
            /// A figure, or an object of figures.
            case figure(JSON)
        }

        package var name: String
        package var value: Value
    }

    /// The answer of TestState.
    package func json(level: Level) -> JSON {
        var answer = JSONObject()
        if let output { answer["output"] = .string(isOutputMade ? output.serialized() : texts.text(of: output)) }
        if let error { answer["error"] = .string(error) }
        if let cause { answer["cause"] = .string(cause) }
        if level != .info {
            answer["inspectionData"] = .object(
                JSONObject(
                    inspection.map { observation in
                        switch observation.value {
                        case .data(let value): (observation.name, .string(texts.text(of: value)))
                        case .figure(let value): (observation.name, value)
                        }
                    }))
        }
        if let nextState { answer["nextState"] = .string(nextState) }
        answer["status"] = .string(status.rawValue)
        return .object(answer)
    }
}

extension StateTest {
    /// Complete once nothing is needed any more; before that it is a failure without a name.
    package var report: StateTestReport {
        var report = StateTestReport(
            status: .failed, inspection: observations, texts: SourceTexts(request.texts),
            isOutputMade: state.output != nil)
        switch inspection.progress {
        case .asking, .waiting: break
        case .succeeded(let output, let next):
            report.status = .succeeded
            report.output = output
            report.nextState = next
        case .caught(let failure, let output, let next):
            report.status = .caught
            report.output = output
            report.nextState = next
            report.error = failure.error
            report.cause = failure.cause
        case .retriable(let failure):
            report.status = .retriable
            report.error = failure.error
            report.cause = failure.cause
        case .failed(let failure):
            report.error = failure.error
            report.cause = failure.cause
        }
        return report
    }

    private var observations: [StateTestReport.Observation] {
        let record = inspection.record
        var all: [StateTestReport.Observation] = [.init(name: "input", value: .data(request.input))]
        for (stage, name) in state.shownStages {
            if let value = record.stages[stage] { all.append(.init(name: name, value: .data(value))) }
        }
        if !inspection.variables.isEmpty {
            all.append(.init(name: "variables", value: .data(.object(inspection.variables))))
        }
        if let details = errorDetails(record) { all.append(.init(name: "errorDetails", value: .figure(details))) }
        if let plan = record.plan {
            all.append(.init(name: "maxConcurrency", value: .figure(.int(Int64(plan.maxConcurrency)))))
            if let count = plan.toleratedFailureCount {
                all.append(.init(name: "toleratedFailureCount", value: .figure(.int(Int64(count)))))
            }
            if let percentage = plan.toleratedFailurePercentage {
                all.append(.init(name: "toleratedFailurePercentage", value: .figure(.double(percentage))))
            }
        }
        return all
    }

    private func errorDetails(_ record: InspectionRecord) -> JSON? {
        var details = JSONObject()
        if let catcher = record.catcher { details["catchIndex"] = .int(Int64(catcher)) }
        if let retrier = record.retrier { details["retryIndex"] = .int(Int64(retrier)) }
        if let delay = record.retryDelaySeconds { details["retryBackoffIntervalSeconds"] = .int(Int64(delay)) }
        return details.isEmpty ? nil : .object(details)
    }
}

extension State {
    /// The stages that AWS shows of a state, and the names under which it does. Not all of those that it passes: with
    /// JSONata only what its own fields change; of a Parallel only what follows the branches.
    fileprivate var shownStages: [(InspectionRecord.Stage, String)] {
        let stages: [InspectionRecord.Stage]
        switch (queryLanguage, kind) {
        case (.jsonata, .task): return [(.afterParameters, "afterArguments"), (.result, "result")]
        case (.jsonata, .map): stages = [.afterItemSelector, .afterItemBatcher]
        case (.jsonata, _), (_, .fail): stages = []
        case (.jsonPath, .pass(let pass)):
            let before: [InspectionRecord.Stage] = pass.result == nil ? [.afterInputPath, .afterParameters] : [.result]
            stages = before + [.afterResultSelector, .afterResultPath]
        case (.jsonPath, .task):
            stages = [.afterInputPath, .afterParameters, .result, .afterResultSelector, .afterResultPath]
        case (.jsonPath, .choice), (.jsonPath, .succeed), (.jsonPath, .wait): stages = [.afterInputPath]
        case (.jsonPath, .parallel): stages = [.afterResultSelector, .afterResultPath]
        case (.jsonPath, .map):
            stages = [
                .afterInputPath, .afterItemsPath, .afterItemSelector, .afterItemBatcher, .afterResultSelector,
                .afterResultPath,
            ]
        }
        return stages.map { ($0, $0.rawValue) }
    }
}
