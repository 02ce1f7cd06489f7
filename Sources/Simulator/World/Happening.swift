import Interpreter
import JSONValue
import Orchestrator

/// Which of the two engines of the process.
enum Lane: Int { case standard, express }

/// Something in the simulated world whose time comes. What belongs to one life of the orchestrator's process, or to one
/// of its connections, carries that number, and means nothing to the next.
enum Happening {
    case fault(Fault)

    // The orchestrator's process.
    case boot(life: Int)
    case turn(life: Int, Lane)
    case alarm(life: Int, Lane, number: Int)
    /// A commit that took its time is on disk.
    case committed(Effects, upTo: Int, life: Int, Lane)
    /// A process that stood still while another took over goes on with what it had decided.
    case ghostWakes(Effects)
    case computed(Computation, life: Int, Lane)
    case serviceCalled(ServiceCall, life: Int, Lane)
    case objectJob(MapRunJob, life: Int)
    case mapItems([MapItemsPortion], life: Int)
    case resumed
    case diskFree

    // The broker and the orchestrator's connection to it.
    case brokerBack
    case connect(life: Int)
    case publishersFree
    case taskArrives(TaskMessage, connection: Int, Lane)
    case confirmed(TaskKey, PublishResult, connection: Int, Lane)
    case replyArrives(OutboxMessage, connection: Int, Lane)
    case consume(connection: Int)

    // Workers.
    case take(queue: String)
    case workersReconnect
    /// Notice has been given of a lost queue: it is declared, if the worker is still there.
    case declareQueue(String)
    case work(Act, TaskMessage)

    // People and programs that call the API.
    case start(Int)
    /// The same request once more, and one that contradicts it.
    case startTwin(Int)
    case stop(Int)
    case redrive(Int)
    case answerToken(token: String, TokenAnswer)
    case cutShort
}

/// What a worker does with a task that it holds.
enum Act {
    case started
    case heartbeat
    case answer(TaskAnswer.Kind)
    /// The second copy of an answer.
    case again(TaskAnswer.Kind)
    case garbage(Fault.Damage)
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
