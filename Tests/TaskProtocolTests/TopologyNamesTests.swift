import TaskProtocol
import Testing

@Suite struct TopologyNamesTests {
    @Test func `names follow the prefix`() {
        let names = TopologyNames(prefix: "x")
        #expect(names.tasksExchange == "x.tasks")
        #expect(names.eventsExchange == "x.events")
        #expect(names.controlExchange == "x.control")
        #expect(names.activityQueue("a") == "x.activity.a")
        #expect(names.functionQueue("f") == "x.function.f")
        #expect(names.resultsQueue(3) == "x.results.3")
        #expect(names.startQueue == "x.start")
        #expect(names.deadQueue == "x.dead")
        #expect(TopologyNames().tasksExchange == "baton.tasks")
    }

    @Test func `routing keys have no prefix`() {
        let names = TopologyNames()
        #expect(names.activityKey("a") == "activity.a")
        #expect(names.functionKey("f") == "function.f")
        #expect(names.eventKey(status: "SUCCEEDED", stateMachine: "orders") == "execution.SUCCEEDED.orders")
    }

    @Test(
        arguments: [
            ("baton.activity.a.b", "a.b", nil),
            ("baton.function.f", nil, "f"),
            ("baton.activity.", nil, nil),
            ("baton.activity", nil, nil),
            ("other.activity.a", nil, nil),
            ("baton.activity.é", "é", nil),
        ] as [(String, String?, String?)])
    func `queues lead back to names`(queue: String, activity: String?, function: String?) {
        #expect(TopologyNames().activity(ofQueue: queue) == activity)
        #expect(TopologyNames().function(ofQueue: queue) == function)
    }
}
