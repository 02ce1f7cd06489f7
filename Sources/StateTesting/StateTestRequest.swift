package import JSONValue

/// What TestState is asked for: https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html.
package struct StateTestRequest: Sendable {
    /// The state's own definition; with `stateName` the machine's.
    package var definition: String
    package var stateName: String?
    package var input: JSON
    /// As it was written, where it was.
    package var inputText: String?
    /// JSON texts, as the request has them.
    package var variables: String?
    package var context: String?
    package var roleARN: String?
    package var mock: Mock?
    package var configuration = Configuration()
    /// Every JSON text in the request.
    var texts: [String] {
        [definition, inputText, variables, context, mock?.result, configuration.mapItemReaderData].compactMap { $0 }
    }

    /// Has to be false with a mock.
    package var revealSecrets = false

    package init(definition: String, stateName: String? = nil, input: JSON = .object(JSONObject())) {
        self.definition = definition
        self.stateName = stateName
        self.input = input
    }

    /// What stands in for whatever the state calls; exactly one of result and error has to be there.
    package struct Mock: Sendable {
        /// A JSON text.
        package var result: String?
        package var error: MockedError?
        package var validation = Validation.strict

        package init(result: String? = nil, error: MockedError? = nil, validation: Validation = .strict) {
            self.result = result
            self.error = error
            self.validation = validation
        }
    }

    package struct MockedError: Sendable {
        package var error: String?
        package var cause: String?

        package init(error: String?, cause: String?) {
            self.error = error
            self.cause = cause
        }
    }

    /// How closely a mocked result has to be what the service answers.
    package enum Validation: String, Sendable, CaseIterable {
        /// Required fields have to be there, and all have to be of the right form.
        case strict = "STRICT"
        /// Those that are there have to be of the right form.
        case present = "PRESENT"
        case none = "NONE"
    }

    package struct Configuration: Sendable {
        package var retrierRetryCount: Int?
        package var errorCausedByState: String?
        package var mapIterationFailureCount: Int?
        /// What an ItemReader reads, as it is in its file.
        package var mapItemReaderData: String?

        package init() {}
    }
}
