import ArgumentParser

/// Which broker.
struct BrokerAddressOptions: ParsableArguments {
    static let defaultURL = "amqp://guest:guest@localhost:5672/"

    @Option(
        help: ArgumentHelp("RabbitMQ (BATON_AMQP_URL; default: \(Self.defaultURL)).", valueName: "url"))
    var amqpURL: String?
}

/// Which broker, and which names on it.
struct BrokerOptions: ParsableArguments {
    @OptionGroup var address: BrokerAddressOptions

    @Option(help: "What queues and exchanges begin with (BATON_PREFIX; default: baton).")
    var prefix: String?

    var amqpURL: String? { address.amqpURL }
}
