import Testing

@testable import Orchestrator

@Suite struct ExecutionARNTests {
    @Test(arguments: [
        (
            "arn:aws:states:us-east-1:000000000000:stateMachine:orders", "execution",
            "arn:aws:states:us-east-1:000000000000:execution:orders:n-1"
        ),
        (
            "arn:aws:states:us-east-1:000000000000:stateMachine:orders/Each", "express",
            "arn:aws:states:us-east-1:000000000000:express:orders/Each:n-1"
        ),
        ("arn:aws:states:r:a:stateMachine:größe:7", "execution", "arn:aws:states:r:a:execution:größe:7:n-1"),
        // Whatever stands there instead of a machine's ARN.
        ("a:b:c:d:e:f", "execution", "a:b:c:d:e:execution:n-1"),
        ("a:b:c:d:e:", "execution", "a:b:c:d:e:execution:n-1"),
        ("a:b:c:d:e", "execution", "a:b:c:d:e:n-1"),
        ("", "execution", ":n-1"),
    ]) func `the machine's ARN becomes the execution's`(machine: String, kind: String, arn: String) {
        #expect(ExecutionARN.make(stateMachineARN: machine, name: "n-1", kind: kind) == arn)
    }
}
