typealias Instant = ContinuousClock.Instant
typealias RequestID = Int
typealias BatchID = Int
typealias ConsumerID = UInt64
typealias GateID = UInt64

/// What both sides agreed on, and this side's limits.
struct SessionSettings: Sendable {
    var frameMax = 131_072
    var channelMax = 2047
    /// Zero: none.
    var heartbeat: Duration = .seconds(30)
    var replyTimeout: Duration = .seconds(30)
    /// For a message's confirm. A queue without a leader never confirms; its messages must not fill the window for ever.
    var confirmTimeout: Duration = .seconds(60)
    /// For the answer to a subscription, which comes from the queue: one that is ill must not take the connection down.
    var subscribeTimeout: Duration = .seconds(20)
    var windowMessages = 256
    var windowBytes = 4 << 20
    /// Whether queues that do not exist are created only once `open(gate:)` says so.
    var tellsWhatIsMissing = false
    /// The first and the longest pause before a lost subscription, or a refused topology, is tried again.
    var retryDelay: ClosedRange<Duration> = .milliseconds(100) ... .seconds(10)

    /// See `AMQPConfiguration`.
    var acceptsForeignTopology = false

    func retryDelay(afterFailures failures: Int) -> Duration {
        min(retryDelay.upperBound, retryDelay.lowerBound * (1 << min(failures, 16)))
    }
}

/// A subscription as the user asked for it.
struct ConsumerSpec: Sendable, Hashable {
    var id: ConsumerID
    var queue: String
    var prefetch: UInt16
    var exclusive: Bool
}

/// What a request came to.
enum Reply: Sendable, Hashable {
    case done
    case declared([QueueDeclared])
    case count(Int)
    case inspected(QueueDeclared?)
    case delivery(Delivery?)
}

/// What the session wants its shell to do. Bytes to send are in `Session.output`.
enum Effect: Sendable {
    case reply(RequestID, Result<Reply, AMQPError>)
    case settled(BatchID, [PublishOutcome])
    /// The topology is declared; these queues had to be created. The first of a session precedes `ready`.
    case topologyRecovered(createdAnew: [String])
    /// These queues do not exist, and wait at a gate to be created.
    case missing(GateID, queues: [String])
    /// Messages may be published.
    case ready
    case blocked(String)
    case unblocked
    /// The queue did not answer a subscription in time. It is tried again.
    case unanswered(queue: String)
    /// The broker refused the subscription when it was asked for; it is not kept.
    case refused(ConsumerID)
    case warning(String)
    /// The connection is over; nil: by this side's wish.
    case ended(AMQPError?)
}

/// The channel numbers with a fixed use; consumers come after.
enum ChannelNumber {
    static let publish: UInt16 = 1
    static let control: UInt16 = 2
    /// For passive declares, whose refusal closes the channel.
    static let scratch: UInt16 = 3
    /// For basic.get; it keeps its channel while messages taken from it are unacknowledged.
    static let get: UInt16 = 4
    static let firstConsumer: UInt16 = 5
}

/// One open channel. An object, as several parts of it change with every frame.
final class Channel {
    enum Role: Sendable, Hashable {
        case publish
        case lane
        case consumer(ConsumerID)
        /// Its consumer is cancelled; deliveries may still be acknowledged.
        case lingering
    }

    /// An answer that is due. Answers of one kind come in order, but those to consume and cancel come from the queue
    /// and may be overtaken by others.
    enum Expectation: Sendable, Hashable {
        case open
        case confirmSelect
        case lane
        case qos
        case consume(ConsumerID, tag: String)
        /// To resubscribe with another prefetch.
        case cancel(tag: String)
        case cancelForGood(ConsumerID, tag: String, RequestID?, requeue: Bool)
        case close(RequestID?)

        /// Whether the channel answers, not a queue.
        var isPrompt: Bool {
            switch self {
            case .consume, .cancel, .cancelForGood, .close: false
            case .open, .confirmSelect, .lane, .qos: true
            }
        }

        func accepts(_ method: Method) -> Bool {
            switch (self, method) {
            case (.open, .channelOpenOk), (.qos, .qosOk), (.confirmSelect, .confirmSelectOk): true
            case (.cancel(let expected), .cancelOk(let tag)), (.consume(_, let expected), .consumeOk(let tag)),
                (.cancelForGood(_, let expected, _, _), .cancelOk(let tag)):
                tag == expected
            case (.lane, _): method.answersTopology
            default: false
            }
        }
    }

    var role: Role
    /// What its consumer consumes; "" where there is none.
    let queue: String
    /// Unique among all lives of all channels; what `Delivery.epoch` holds.
    var epoch: UInt64
    var isClosing = false
    var expected: [Expectation] = []
    var content: PartialContent?
    var unsettled = Unsettled()

    init(role: Role, queue: String, epoch: UInt64) {
        self.role = role
        self.queue = queue
        self.epoch = epoch
    }
}

extension Method {
    /// Whether it is an answer to one of the lane's questions.
    fileprivate var answersTopology: Bool {
        switch self {
        case .exchangeDeclareOk, .queueDeclareOk, .queueBindOk, .queuePurgeOk, .queueDeleteOk, .getOk, .getEmpty: true
        default: false
        }
    }
}

/// A message of which not all frames are here.
struct PartialContent: Sendable {
    enum Kind: Sendable {
        case deliver(tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
        case get(tag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
        case returned(code: UInt16, text: String, exchange: String, routingKey: String)
    }

    /// RabbitMQ's own limit is 512 MiB at most; more than this is a corrupt header.
    static let sizeLimit: UInt64 = 1 << 30

    var kind: Kind
    var properties: MessageProperties?
    var missing = 0
    var body: [UInt8] = []
}
