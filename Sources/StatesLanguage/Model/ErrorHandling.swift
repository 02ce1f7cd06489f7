/// One entry of `Retry`.
package struct Retrier: Sendable {
    package var errors: [String]
    /// Seconds before the first retry; AWS also takes 0.
    package var intervalSeconds: Int
    /// 0 means never.
    package var maxAttempts: Int
    /// At least 1.
    package var backoffRate: Double
    package var maxDelaySeconds: Int?
    /// `JitterStrategy` FULL: a random delay between 0 and the computed one.
    package var fullJitter: Bool

    package init(
        errors: [String], intervalSeconds: Int = 1, maxAttempts: Int = 3, backoffRate: Double = 2,
        maxDelaySeconds: Int? = nil, fullJitter: Bool = false
    ) {
        self.errors = errors
        self.intervalSeconds = intervalSeconds
        self.maxAttempts = maxAttempts
        self.backoffRate = backoffRate
        self.maxDelaySeconds = maxDelaySeconds
        self.fullJitter = fullJitter
    }
}

/// One entry of `Catch`.
package struct Catcher: Sendable {
    package var errors: [String]
    package var next: String
    package var resultPath: ResultPath
    package var assign: Template?
    /// With JSONata, what the state hands on instead of the error output.
    package var output: ExpressionTemplate?

    package init(
        errors: [String], next: String, resultPath: ResultPath, assign: Template? = nil,
        output: ExpressionTemplate? = nil
    ) {
        self.errors = errors
        self.next = next
        self.resultPath = resultPath
        self.assign = assign
        self.output = output
    }
}
