import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func `everything is shown in the order of names`() {
        let registry = MetricsRegistry()
        registry.gauge("b_depth", help: "How deep.", labels: ["queue": "z"]).set(1.5)
        registry.counter("a_total", help: "How many.", labels: ["kind": "x", "state": "open"]).increment(by: 3)
        registry.gauge("b_depth", help: "ignored", labels: ["queue": "a"]).set(-2)
        registry.gauge("c_read", help: "Read.") { 7 }
        #expect(
            registry.render() == """
                # HELP a_total How many.
                # TYPE a_total counter
                a_total{kind="x",state="open"} 3
                # HELP b_depth How deep.
                # TYPE b_depth gauge
                b_depth{queue="a"} -2
                b_depth{queue="z"} 1.5
                # HELP c_read Read.
                # TYPE c_read gauge
                c_read 7

                """)
    }

    @Test func `values and help are escaped`() {
        let registry = MetricsRegistry()
        registry.counter("x_total", help: "a\\b\n\"c\"", labels: ["v": "a\\b\n\"c\""]).increment()
        #expect(
            registry.render() == #"""
                # HELP x_total a\\b\n"c"
                # TYPE x_total counter
                x_total{v="a\\b\n\"c\""} 1

                """#)
    }

    @Test func `a histogram is cumulative`() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("h", help: "H.", labels: ["k": "v"], buckets: [0.5, 1, 10])
        for value in [0.1, 0.5, 0.75, 2, 100] { histogram.observe(value) }
        #expect(
            registry.render() == """
                # HELP h H.
                # TYPE h histogram
                h_bucket{k="v",le="0.5"} 2
                h_bucket{k="v",le="1"} 3
                h_bucket{k="v",le="10"} 4
                h_bucket{k="v",le="+Inf"} 5
                h_sum{k="v"} 103.35
                h_count{k="v"} 5

                """)
        histogram.observe(Duration.milliseconds(250))
        #expect(histogram.count == 6)
    }

    @Test func `the same name and labels are the same instrument`() {
        let registry = MetricsRegistry()
        let labels: MetricLabels = ["a": "1"]
        #expect(registry.counter("n", help: "", labels: labels) === registry.counter("n", help: "", labels: labels))
        #expect(registry.counter("n", help: "", labels: labels) !== registry.counter("n", help: ""))
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (1e15, "1000000000000000"), (1e300, "1e+300"), (0.1, "0.1"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ] as [(Double, String)])
    func `numbers are written in the format's way`(value: Double, text: String) {
        let registry = MetricsRegistry()
        registry.gauge("g", help: "G.").set(value)
        #expect(registry.render().hasSuffix("\ng \(text)\n"))
    }

    @Test func `many threads add up`() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("c_total", help: "")
        let gauge = registry.gauge("g", help: "")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        gauge.add(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 8_000)
        #expect(gauge.value == 4_000)
    }
}
