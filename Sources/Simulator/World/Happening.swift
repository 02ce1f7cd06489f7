import Interpreter
import JSONValue

@testable import Orchestrator

/// Something in the simulated world whose time comes. What belongs to one life of the orchestrator's process, or to one
/// of its connections, carries that number, and means nothing to the next.
enum Happening {
    case fault(Fault)

    // The orchestrator's process.
    case boot(life: Int)
    case turn(life: Int)
    case alarm(life: Int)
    case computed(Computation, life: Int)
    case resumed
    case diskFree

    // The broker and the orchestrator's connection to it.
    case brokerBack
    case connect(life: Int)
    case taskArrives(TaskMessage, connection: Int)
    case confirmed(TaskKey, PublishResult, connection: Int)
    case replyArrives(OutboxMessage, connection: Int)
    case consume(connection: Int)

    // Workers.
    case take(queue: String)
    case workersReconnect
    case work(Act, TaskMessage)

    // People and programs that call the API.
    case start(Int)
    case stop(Int)
    case answerToken(token: String, TokenAnswer)
}

/// What a worker does with a task that it holds.
enum Act {
    case started
    case heartbeat
    case answer(TaskAnswer.Kind)
    /// The second copy of an answer.
    case again(TaskAnswer.Kind)
    case garbage
    /// Dies; the broker notices.
    case die
}

/// A task on its queue.
struct TaskMessage {
    /// The broker's number for this copy.
    var id: UInt64
    var row: TaskRow
    var queue: String
}
