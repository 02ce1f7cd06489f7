package import Intrinsics
package import JSONPath
package import JSONValue

package struct PassState: Sendable {
    package var result: JSON?
    package var parameters: PayloadTemplate?
    package var resultPath: ResultPath

    package init(result: JSON?, parameters: PayloadTemplate?, resultPath: ResultPath) {
        self.result = result
        self.parameters = parameters
        self.resultPath = resultPath
    }
}

package struct TaskState: Sendable {
    /// As written, an ARN.
    package var resource: TaskResource
    /// `Parameters`, or `Arguments` with JSONata.
    package var parameters: Template?
    package var resultSelector: PayloadTemplate?
    package var resultPath: ResultPath
    /// In seconds; AWS's default without one is 99,999,999.
    package var timeout: NumberSource<Int>?
    package var heartbeat: NumberSource<Int>?
    /// Accepted and kept; Baton has no roles to assume.
    package var credentials: Template?
    package var retry: [Retrier]
    package var catchers: [Catcher]

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

package struct ChoiceState: Sendable {
    package var rules: [Rule]
    package var defaultNext: String?

    package struct Rule: Sendable {
        package var condition: ChoiceCondition
        package var next: String
        package var assign: Template?
        package var output: ExpressionTemplate?

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
        self.defaultNext = defaultNext
    }
}

package struct WaitState: Sendable {
    package var until: Until

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

package struct FailState: Sendable {
    package var error: TextSource?
    package var cause: TextSource?

    package init(error: TextSource?, cause: TextSource?) {
        self.error = error
        self.cause = cause
    }
}

package struct ParallelState: Sendable {
    package var branches: [StatesBlock]
    package var parameters: Template?
    package var resultSelector: PayloadTemplate?
    package var resultPath: ResultPath
    package var retry: [Retrier]
    package var catchers: [Catcher]

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
package struct MapState: Sendable {
    package var processor: StatesBlock
    package var itemsPath: Path?
    /// `Items`, with JSONata.
    package var items: ExpressionTemplate?
    package var itemSelector: Template?
    package var resultSelector: PayloadTemplate?
    package var resultPath: ResultPath
    /// 0 means no limit.
    package var maxConcurrency: NumberSource<Int>?
    package var toleratedFailureCount: NumberSource<Int>?
    package var toleratedFailurePercentage: NumberSource<Double>?
    package var label: String?
    /// Nil for an inline Map.
    package var distributed: DistributedMap?
    package var retry: [Retrier]
    package var catchers: [Catcher]

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
