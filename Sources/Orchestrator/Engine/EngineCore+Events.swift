import Interpreter
import JSONValue

extension EngineCore {
    /// Takes one event, or has it wait while a step of its execution is computed.
    mutating func handle(_ event: EngineEvent, at now: Timestamp, _ effects: inout Effects) throws(StoreError) {
        guard !queueBehindComputation(event) else { return }
        let outer = postponedBy
        postponedBy = nil
        defer {
            if let key = postponedBy { computing[key]?.cause = event }
            postponedBy = outer
        }
        try dispatch(event, at: now, &effects)
    }

    private mutating func dispatch(
        _ event: EngineEvent, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) {
        switch event {
        case .start(let command, let reply):
            let result = try start(command, at: now, &effects)
            effects.replies.append { reply(result) }
        case .startMessage(let message):
            try start(message, at: now, &effects)
        case .resolve(let arn, let reply):
            let result = try startTarget(arn)
            effects.replies.append { reply(result) }
        case .startExpress(let start, let caller):
            try startExpress(start, for: caller, at: now, &effects)
        case .drain(let deadline, let reply):
            drain(until: deadline, reply)
        case .stop(let arn, let failure, let reply):
            let result = try stop(arn, failure, at: now, &effects)
            effects.replies.append { reply(result) }
        case .redrive(let arn, let token, let reply):
            let result = try redrive(arn, clientToken: token, at: now, &effects)
            effects.replies.append { reply(result) }
        case .answer(let answer):
            try take(answer, at: now, &effects)
        case .tokenAnswer(let token, let answer, let reply):
            guard let result = try take(answer, token: token, at: now, &effects) else { return }
            effects.replies.append { reply(result) }
        case .taken(let task, let worker, let reply):
            let handedOut = try handOut(task, worker: worker, at: now, &effects)
            effects.replies.append { reply(.success(handedOut)) }
        case .handBack(let token):
            try handBack(token: token, &effects)
        case .transact(let transaction):
            try run(transaction, &effects)
        case .service(let item):
            try perform(item, at: now, &effects)
        case .serviceAnswered(let task, let result):
            try serviceAnswered(task, result, at: now, &effects)
        case .mapItems(let portion, let reply):
            try take(portion, at: now)
            effects.replies.append { reply(.success(())) }
        case .resultsWritten(let mapRun, let result):
            try resultsWritten(mapRun: mapRun, result)
        case .mapRunEnded(let mapRun):
            try tellEnd(ofMapRun: mapRun, at: now, &effects)
        case .updateMapRun(let arn, let change, let reply):
            let result = try update(mapRun: arn, change)
            effects.replies.append { reply(result) }
        case .published(let results):
            for (key, result) in results { try published(key, result, at: now, &effects) }
        case .sent(let numbers):
            sent(numbers, at: now)
        case .sendFailed(let numbers):
            outbox.unsent.formUnion(numbers)
            outbox.resendAt = outbox.resendAt ?? now.adding(seconds: configuration.publishRetryDelay)
        case .recreated(let targets, let delivery):
            try publishAgain(targets)
            for case .function(let name) in targets { try remember(function: name, &effects) }
            if let delivery { effects.acknowledge.append(delivery) }
            effects.rescanOutbox = true
        case .missing(let missing, let create):
            try publishAgain(missing.targets)
            if missing.isWiped { outbox.functionsExpectedUntil = now.adding(seconds: configuration.functionGrace) }
            // Handed over when the queues are there: `declared`, or `brokerReady`.
            effects.replies.append(create)
        case .declared:
            effects.rescanOutbox = true
        case .timer(let key, let entry):
            try fire(key, entry, at: now, &effects)
        case .refused(let key, let function):
            try refuse(key, function: function, at: now, &effects)
        case .delivered(let key):
            try delivered(key, at: now, &effects)
        case .computed(let step):
            try finish(step, at: now, &effects)
        case .wake, .brokerReady, .brokerLost:
            break
        }
    }

    private mutating func run(_ transaction: Transaction, _ effects: inout Effects) throws(StoreError) {
        try noteConfirmed()
        do {
            let (operations, committed) = try transaction.body(writer)
            for operation in operations {
                try apply(operation)
                forgetWhatChanged(operation, &effects)
            }
            effects.replies.append(committed)
        } catch let error as StoreError {
            throw error
        } catch {
            effects.replies.append { [error] in transaction.failed(error) }
        }
    }

    private mutating func forgetWhatChanged(_ operation: WriteOperation, _ effects: inout Effects) {
        switch operation {
        case .insertStateMachine(let record), .updateStateMachine(let record): stateMachines[record.arn] = nil
        case .deleteStateMachine(let arn): stateMachines[arn] = nil
        // Tasks may wait for an activity that did not exist.
        case .insertActivity: effects.rescanOutbox = true
        default: break
        }
    }
}
