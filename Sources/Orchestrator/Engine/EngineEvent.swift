package import Interpreter
package import JSONValue

/// Carries an answer back to a caller; called at most once, after the commit.
package typealias Reply<Value: Sendable> = @Sendable (Result<Value, ServiceError>) -> Void

/// What may happen to the engine: the only way in.
package enum EngineEvent: Sendable {
    case start(StartCommand, Reply<StartedExecution>)
    case startMessage(StartDelivery)
    case resolve(String, Reply<StartTarget>)
    // Large ones are rare, and held by reference: events are copied on their way.
    indirect case startExpress(ExpressStart, ExpressCaller)
    /// The process is about to end.
    case drain(until: Timestamp, Reply<Void>)
    case stop(executionARN: String, StateFailure, Reply<Timestamp>)
    case redrive(executionARN: String, clientToken: String?, Reply<Timestamp>)
    case answer(TaskAnswer)
    case tokenAnswer(token: String, TokenAnswer, Reply<Void>)
    /// The reply is nil for a task that nobody waits for any more.
    case taken(TakenTask, worker: String?, Reply<HandedOutTask?>)
    case handBack(token: String)
    case transact(Transaction)
    case serviceAnswered(TaskKey, Result<JSON, ServiceError>)
    case service(ServiceWork.Item)
    /// The reply comes when the items are on disk, so that a reader is never far ahead.
    case mapItems(MapItemsPortion, Reply<Void>)
    case resultsWritten(mapRun: Int64, Result<JSON, MapItemFailure>)
    /// All that a map run had to do is done: its execution hears of it.
    case mapRunEnded(Int64)
    case updateMapRun(arn: String, MapRunChange, Reply<Void>)
    case published([(TaskKey, PublishResult)])
    case sent([Int64])
    case sendFailed([Int64])
    case brokerReady
    case brokerLost
    case recreated([ScheduledTask.Target], BrokerDelivery? = nil)
    case missing(MissingQueues, create: @Sendable () -> Void)
    case declared
    /// A timer came due.
    case timer(TimerKey, TimerQueue.Entry)
    /// No function of this name was ever declared.
    case refused(TaskKey, function: String)
    /// The broker confirmed a function's task.
    case delivered(TaskKey)
    indirect case computed(ComputedStep)
    /// Nothing but the time: timers came due, or something is to be tried again.
    case wake
}

/// Items of a map run as they come from an object store.
package struct MapItemsPortion: Sendable {
    package enum Content: Sendable {
        case items(count: Int, bytes: [UInt8])
        case end
        case failure(StateFailure)
    }

    package var mapRun: Int64
    /// How many items came before. Without any, what an earlier read left behind goes.
    var first: Int
    package var content: Content

    package init(mapRun: Int64, first: Int, content: Content) {
        self.mapRun = mapRun
        self.first = first
        self.content = content
    }
}

/// A start whose input is known to be JSON.
package struct StartCommand: Sendable {
    var stateMachineARN: String
    var name: String?
    var inputText: String
    var input: JSON
    var traceHeader: String?
    var reply: ExecutionRecord.ReplyAddress?

    package init(
        stateMachineARN: String, name: String?, inputText: String, input: JSON, traceHeader: String?,
        reply: ExecutionRecord.ReplyAddress? = nil
    ) {
        self.stateMachineARN = stateMachineARN
        self.name = name
        self.inputText = inputText
        self.input = input
        self.traceHeader = traceHeader
        self.reply = reply
    }
}

/// Reads and writes of a caller, run within the engine's transaction.
package struct Transaction: Sendable {
    /// Returns what to write, and what to do after the commit.
    var body: @Sendable (any StoreWriter) throws -> (operations: [WriteOperation], committed: @Sendable () -> Void)
    var failed: @Sendable (any Error) -> Void

    package init(
        body:
            @escaping @Sendable (any StoreWriter) throws -> (
                operations: [WriteOperation], committed: @Sendable () -> Void
            ),
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.body = body
        self.failed = failed
    }
}

extension StartCommand {
    static func make(from message: StartDelivery, in account: String) -> Result<StartCommand, ServiceError> {
        do throws(JSONError) {
            return .success(
                StartCommand(
                    stateMachineARN: message.stateMachine.hasPrefix("arn:")
                        ? message.stateMachine : account + ":stateMachine:" + message.stateMachine,
                    name: message.name, inputText: message.input, input: try JSON(parsing: message.input),
                    traceHeader: message.traceHeader, reply: message.reply))
        } catch {
            return .failure(
                ServiceError(.invalidExecutionInput, InvalidInput.message(for: message.input, error)))
        }
    }
}

extension EngineEvent {
    /// Whether it is a message, or says what became of one: nobody waits for what comes of it at this moment.
    var comesFromBroker: Bool {
        switch self {
        case .answer, .startMessage, .published, .sent: true
        default: false
        }
    }

    /// Whether it is only to be noted, some time: that everything is where it was sent.
    var isGoodNews: Bool {
        switch self {
        case .published(let results): results.count <= CommitPace.few && results.allSatisfy { $0.1 == .confirmed }
        case .sent(let numbers): numbers.count <= CommitPace.few
        default: false
        }
    }
}
