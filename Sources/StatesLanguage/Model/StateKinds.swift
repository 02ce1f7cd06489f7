package import Intrinsics
package import JSONPath
package import JSONValue

// Classes, as they never change, and are looked at with every step: that copies a reference, and not the fields.

package final class PassState: Sendable {
    package let result: JSON?
    package let parameters: PayloadTemplate?
    package let resultPath: ResultPath

    package init(result: JSON?, parameters: PayloadTemplate?, resultPath: ResultPath) {
        self.result = result
        self.parameters = parameters
        self.resultPath = resultPath
    }
}

package final class TaskState: Sendable {
    /// As written, an ARN.
    package let resource: TaskResource
    /// `Parameters`, or `Arguments` with JSONata.
    package let parameters: Template?
    package let resultSelector: PayloadTemplate?
    package let resultPath: ResultPath
    /// In seconds; AWS's default without one is 99,999,999.
    package let timeout: NumberSource<Int>?
    package let heartbeat: NumberSource<Int>?
    /// Accepted and kept; Baton has no roles to assume.
    package let credentials: Template?
    package let retry: [Retrier]
    package let catchers: [Catcher]

    package init(
        resource: TaskResource, parameters: Template?, resultSelector: PayloadTemplate?, resultPath: ResultPath,
        timeout: NumberSource<Int>?, heartbeat: NumberSource<Int>?, credentials: Template?, retry: [Retrier],
        catchers: [Catcher]
    ) {
        self.resource = resource
        self.parameters = parameters
        self.resultSelector = resultSelector
        self.resultPath = resultPath
        self.timeout = timeout
        self.heartbeat = heartbeat
        self.credentials = credentials
        self.retry = retry
        self.catchers = catchers
    }
}

package final class ChoiceState: Sendable {
    package let rules: [Rule]
    /// Whether a condition has a path into the context object.
    package let looksAtContext: Bool
    package let defaultNext: String?

    package final class Rule: Sendable {
        package let condition: ChoiceCondition
        package let next: String
        package let assign: Template?
        package let output: ExpressionTemplate?

        package init(
            condition: ChoiceCondition, next: String, assign: Template? = nil, output: ExpressionTemplate? = nil
        ) {
            self.condition = condition
            self.next = next
            self.assign = assign
            self.output = output
        }
    }

    package init(rules: [Rule], defaultNext: String?) {
        self.rules = rules
        looksAtContext = rules.contains { $0.condition.looksAtContext }
        self.defaultNext = defaultNext
    }
}

package final class WaitState: Sendable {
    package let until: Until

    package enum Until: Sendable {
        case seconds(Int)
        case secondsPath(Path)
        case timestamp(Timestamp)
        case timestampPath(Path)
        case secondsExpression(FieldExpression)
        case timestampExpression(FieldExpression)
    }

    package init(until: Until) { self.until = until }
}

package final class FailState: Sendable {
    package let error: TextSource?
    package let cause: TextSource?

    package init(error: TextSource?, cause: TextSource?) {
        self.error = error
        self.cause = cause
    }
}

package final class ParallelState: Sendable {
    package let branches: [StatesBlock]
    package let parameters: Template?
    package let resultSelector: PayloadTemplate?
    package let resultPath: ResultPath
    package let retry: [Retrier]
    package let catchers: [Catcher]

    package init(
        branches: [StatesBlock], parameters: Template?, resultSelector: PayloadTemplate?,
        resultPath: ResultPath, retry: [Retrier], catchers: [Catcher]
    ) {
        self.branches = branches
        self.parameters = parameters
        self.resultSelector = resultSelector
        self.resultPath = resultPath
        self.retry = retry
        self.catchers = catchers
    }
}

/// A Map, inline or distributed. `Iterator` and `Parameters` are the older names of `ItemProcessor` and `ItemSelector`.
package final class MapState: Sendable {
    package let processor: StatesBlock
    package let itemsPath: Path?
    /// `Items`, with JSONata.
    package let items: ExpressionTemplate?
    package let itemSelector: Template?
    package let resultSelector: PayloadTemplate?
    package let resultPath: ResultPath
    /// 0 means no limit.
    package let maxConcurrency: NumberSource<Int>?
    package let toleratedFailureCount: NumberSource<Int>?
    package let toleratedFailurePercentage: NumberSource<Double>?
    package let label: String?
    /// Nil for an inline Map.
    package let distributed: DistributedMap?
    package let retry: [Retrier]
    package let catchers: [Catcher]

    package init(
        processor: StatesBlock, itemsPath: Path?, items: ExpressionTemplate?, itemSelector: Template?,
        resultSelector: PayloadTemplate?,
        resultPath: ResultPath, maxConcurrency: NumberSource<Int>?, toleratedFailureCount: NumberSource<Int>?,
        toleratedFailurePercentage: NumberSource<Double>?, label: String?,
        distributed: DistributedMap? = nil, retry: [Retrier], catchers: [Catcher]
    ) {
        self.processor = processor
        self.itemsPath = itemsPath
        self.items = items
        self.itemSelector = itemSelector
        self.resultSelector = resultSelector
        self.resultPath = resultPath
        self.maxConcurrency = maxConcurrency
        self.toleratedFailureCount = toleratedFailureCount
        self.toleratedFailurePercentage = toleratedFailurePercentage
        self.label = label
        self.distributed = distributed
        self.retry = retry
        self.catchers = catchers
    }
}
