import Intrinsics
import JSONPath
import JSONValue
import StatesLanguage

extension Execution {
    mutating func enter(_ name: String, _ slot: Int, _ turn: inout Turn) {
        guard let state = scopes[slot].find(name) else {
            let cause = "There is no state '\(name)' to go to."
            end(
                with: .executionFailed(StateFailure(error: ErrorName.runtime, cause: cause)), after: lastEventID,
                &turn)
            return
        }
        emit(.stateEntered(state.eventKind, name: name, input: scopes[slot].input), in: slot, &turn)
        guard status == .running else { return }
        attempt(state, slot, &turn)
    }

    /// Does again what the state is there for.
    mutating func attempt(_ slot: Int, _ turn: inout Turn) {
        guard let state = scopes[slot].state else { return }
        attempt(state, slot, &turn)
    }

    private mutating func attempt(_ state: State, _ slot: Int, _ turn: inout Turn) {
        do throws(Failure) {
            switch state.kind {
            case .pass(let pass): try run(pass, state, slot, &turn)
            case .task(let task): try run(task, state, slot, &turn)
            case .choice(let choice): try run(choice, state, slot, &turn)
            case .wait(let wait): try run(wait, state, slot, &turn)
            case .succeed:
                let input = try input(of: state, slot)
                turn.note(.afterInputPath, input)
                try exit(
                    state, slot, try select(state.outputPath, of: input, slot), through: state.output, assigning: nil,
                    on: input, to: nil, &turn)
            case .fail(let fail): try run(fail, state, slot, &turn)
            case .parallel(let parallel): try run(parallel, state, slot, &turn)
            case .map(let map): try run(map, state, slot, &turn)
            }
        } catch {
            fail(slot, error, &turn)
        }
    }

    /// Leaves the state.
    ///
    /// - Parameters:
    ///   - template: What makes the output; without it, `output` is what the state hands on.
    ///   - variables: The variables to set; what its paths see as `$` is `document`.
    ///   - values: What expressions see in `$states`.
    ///   - next: The state to go to; nil to end the scope.
    mutating func exit(
        _ state: State, _ slot: Int, _ output: JSON, through template: ExpressionTemplate?,
        assigning variables: Template?, on document: JSON,
        with values: @autoclosure () -> StatesValues = StatesValues(), to next: String?, _ turn: inout Turn
    ) throws(Failure) {
        var output = output
        if let template { output = try evaluate(template, with: values(), slot, &turn) }
        try checkSize(of: output, from: state.name)
        var assigned = JSONObject()
        if let variables { assigned = try evaluate(assign: variables, on: document, with: values(), slot, &turn) }
        emit(
            .stateExited(state.eventKind, name: state.name, output: output, assigned: assigned, next: next), in: slot,
            &turn)
    }

    /// Applies ResultSelector, ResultPath and OutputPath to a result, and leaves the state with what comes of it.
    mutating func exit(
        _ slot: Int, result: consuming JSON, selector: PayloadTemplate?, resultPath: ResultPath,
        _ turn: inout Turn
    ) throws(Failure) {
        guard let state = scopes[slot].state else { return }
        guard selector == nil, resultPath.isReplacing, state.handsOnResults, !turn.isLookedInto else {
            try exit(state, slot, shaping: result, selector, resultPath, &turn)
            return
        }
        try checkSize(of: result, from: state.name)
        emit(.stateExited(state.eventKind, name: state.name, output: consume result, next: state.next), in: slot, &turn)
    }

    private mutating func exit(
        _ state: State, _ slot: Int, shaping result: JSON, _ selector: PayloadTemplate?, _ resultPath: ResultPath,
        _ turn: inout Turn
    ) throws(Failure) {
        var output = result
        if let selector { output = try evaluate(selector, on: result, slot, using: &turn.random) }
        turn.note(.afterResultSelector, output)
        switch resultPath {
        case .replace: break
        case .discard: output = scopes[slot].input
        case .path(let path): output = try set(output, at: path, in: scopes[slot].input, slot)
        }
        turn.note(.afterResultPath, output)
        output = try select(state.outputPath, of: output, slot)
        try exit(
            state, slot, output, through: state.output, assigning: state.assign, on: result,
            with: StatesValues(result: result), to: state.next, &turn)
    }

    private mutating func run(
        _ pass: PassState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        var result = try input(of: state, slot)
        turn.note(.afterInputPath, result)
        if let parameters = pass.parameters {
            result = try evaluate(parameters, on: result, slot, using: &turn.random)
        }
        turn.note(.afterParameters, result)
        if let fixed = pass.result {
            result = fixed
            turn.note(.result, fixed)
        }
        try exit(slot, result: result, selector: nil, resultPath: pass.resultPath, &turn)
    }

    private mutating func run(
        _ choice: ChoiceState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        let input = try input(of: state, slot)
        turn.note(.afterInputPath, input)
        let rule = try firstRule(of: choice, input, slot, &turn)
        guard let next = rule?.next ?? choice.defaultNext else {
            throw runtime(slot, "Failed to transition out of the state. The state does not point to a next state.")
        }
        // A rule that holds has its own variables and output, and the state's are left alone.
        let assign = rule.map(\.assign) ?? state.assign
        let output = rule.map(\.output) ?? state.output
        try exit(
            state, slot, try select(state.outputPath, of: input, slot), through: output, assigning: assign, on: input,
            to: next, &turn)
    }

    private mutating func firstRule(
        of choice: ChoiceState, _ input: JSON, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) -> ChoiceState.Rule? {
        let evaluator = ConditionEvaluator(
            input: input, variables: variables(of: slot), meter: work.meter,
            context: choice.looksAtContext ? context(slot) : .null)
        for rule in choice.rules {
            if case .expression(let condition) = rule.condition {
                if try boolean(condition, slot, &turn) { return rule }
                continue
            }
            do throws(ConditionError) {
                if try evaluator.evaluate(rule.condition) { return rule }
            } catch {
                throw runtime(slot, error.message)
            }
        }
        return nil
    }

    private mutating func run(
        _ fail: FailState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        let error = try text(fail.error, "ErrorPath", slot, &turn)
        let cause = try text(fail.cause, "CausePath", slot, &turn)
        throw Failure(StateFailure(error: error, cause: cause))
    }

    // MARK: Wait

    private mutating func run(
        _ wait: WaitState, _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        let input = try input(of: state, slot)
        turn.note(.afterInputPath, input)
        let due: Timestamp
        switch wait.until {
        case .seconds(let seconds): due = turn.now.adding(seconds: Double(seconds))
        case .timestamp(let timestamp): due = timestamp
        case .secondsPath(let path):
            let value = try waitValue(path, "SecondsPath", input, slot)
            guard let seconds = value.wholeNumber else {
                throw runtime(
                    slot,
                    "The SecondsPath parameter cannot be parsed as a long value: \(path.text) == \(value.bareText)")
            }
            guard seconds >= 0 else {
                throw runtime(
                    slot, "The SecondsPath parameter references a negative value: \(path.text) == \(value.bareText)")
            }
            due = turn.now.adding(seconds: Double(seconds))
        case .timestampPath(let path):
            let value = try waitValue(path, "TimestampPath", input, slot)
            guard let timestamp = value.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else {
                throw runtime(
                    slot,
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
                        + "string: \(path.text) == \(value.bareText)")
            }
            due = timestamp
        case .secondsExpression(let expression):
            due = turn.now.adding(seconds: Double(try wholeNumber(expression, in: 0...99_999_999, slot, &turn)))
        case .timestampExpression(let expression):
            let text = try string(expression, slot, &turn)
            guard let timestamp = Timestamp(rfc3339: text) else {
                var failure = evaluationFailure(
                    slot, at: expression.field,
                    "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: "
                        + text)
                failure.evaluation?.isLate = true
                throw failure
            }
            due = timestamp
        }
        if due <= turn.now {
            try leaveWait(state, slot, &turn)
            return
        }
        let timer = JournalEvent.Timer(timer: nextTimer, due: due)
        emit(.waitStarted(timer), in: slot, &turn)
        command(arming: timer, .wait, &turn)
    }

    private mutating func waitValue(_ path: Path, _ field: String, _ input: JSON, _ slot: Int) throws(Failure) -> JSON {
        do throws(PathError) {
            return try path.evaluate(in: scope(for: path, document: input, slot))
        } catch {
            throw runtime(slot, "The \(field) parameter does not reference an input value: \(path.text)")
        }
    }

    mutating func finishWait(_ slot: Int, _ turn: inout Turn) {
        guard let state = scopes[slot].state else { return }
        do throws(Failure) {
            try leaveWait(state, slot, &turn)
        } catch {
            fail(slot, error, &turn)
        }
    }

    private mutating func leaveWait(
        _ state: State, _ slot: Int, _ turn: inout Turn
    ) throws(Failure) {
        let input = try input(of: state, slot)
        try exit(
            state, slot, try select(state.outputPath, of: input, slot), through: state.output, assigning: state.assign,
            on: input, to: state.next, &turn)
    }
}
