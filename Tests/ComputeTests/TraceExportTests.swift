import Compute
import CoreGRPC
import Foundation
import TestSupport
import Testing
import Tracing

@testable import TraceExport

@Suite("Spans by OTLP", .timeLimit(.minutes(5)))
struct TraceExportTests {
  private static let trace = "0af7651916cd43dd8448eb211c80319c"

  @Test("A field `traceparent` is read as the recommendation says, and written as it was")
  func contexts() {
    for (field, isSampled) in [
      ("00-\(Self.trace)-b7ad6b7169203331-01", true), ("00-\(Self.trace)-00000000000000ff-00", false),
    ] {
      let context = TraceContext(parent: field, state: "a=1,b=2")
      #expect(context?.parent == field && context?.isSampled == isSampled && context?.state == "a=1,b=2")
    }
    // Flags that this version does not know, and a later version.
    #expect(TraceContext(parent: "00-\(Self.trace)-b7ad6b7169203331-ff", state: nil)?.isSampled == true)
    #expect(
      TraceContext(parent: "cc-\(Self.trace)-b7ad6b7169203331-01-more", state: nil)?.span == 0xb7ad_6b71_6920_3331
    )
    #expect(
      TraceContext(parent: "00-\(Self.trace)-b7ad6b7169203331-01", state: String(repeating: "x", count: 513))?.state
        == nil
    )
  }

  @Test(
    "A field that is not valid gives no context",
    arguments: [
      "", "00", "00-\(trace)-b7ad6b7169203331", "00-\(trace)-b7ad6b7169203331-01-more",
      "ff-\(trace)-b7ad6b7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-\(trace)-0000000000000000-01",
      "00-\(trace.uppercased())-b7ad6b7169203331-01", "00-\(trace)-b7ad6b716920333-01",
      "00-\(trace)0-b7ad6b7169203331-01",
      "00-\(trace)-b7ad6b7169203331-1", "0x-\(trace)-b7ad6b7169203331-01", "00-\(trace)-+7ad6b7169203331-01",
    ]
  )
  func invalidContexts(field: String) {
    #expect(TraceContext(parent: field, state: nil) == nil)
  }

  private final class Reports: Sendable {
    private let all = Locked<[String]>([])
    var texts: [String] { all.withLock { $0 } }
    func add(_ text: String) { all.withLock { $0.append(text) } }
  }

  /// Runs a body with a tracer that exports to a collector, and then exports what is left.
  private func withTracer(
    _ collector: Collector,
    capacity: Int = 2048,
    _ body: (OTLPTracer) async throws -> Void
  ) async throws -> [String] {
    let server = Server(services: [collector])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    return try await withShutdown(of: server) {
      let reports = Reports()
      let channel = try Channel(target: address.description)
      let exporter = TraceExporter(channel: channel, resource: ["service.name": "s"], capacity: capacity) {
        reports.add($0)
      }
      try await body(OTLPTracer(exporter: exporter))
      await exporter.shutdown()
      return reports.texts
    }
  }

  @Test("A span has its name, times, attributes, events, links and status")
  func content() async throws {
    let collector = Collector()
    let reports = try await withTracer(collector) { tracer in
      let parent = tracer.startSpan("parent", context: .topLevel, ofKind: .client)
      let span = tracer.startSpan("first", context: parent.context, ofKind: .server)
      span.operationName = "second"
      span.attributes["number"] = 7
      span.attributes["texts"] = ["a", "b"]
      span.addEvent(SpanEvent(name: "event", attributes: ["k": "v"]))
      struct Secret: Error { let text = "secret" }
      span.recordError(Secret())
      span.addLink(SpanLink(context: parent.context, attributes: [:]))
      for number in 0..<200 { span.addEvent(SpanEvent(name: "\(number)")) }
      span.setStatus(SpanStatus(code: .error, message: "bad"))
      #expect(span.isRecording)
      span.end()
      #expect(!span.isRecording)
      span.attributes["late"] = 1
      span.end()
      parent.end()
    }
    #expect(reports.isEmpty)
    let spans = collector.spans
    #expect(
      spans.map(\.span.name) == ["second", "parent"] && spans.allSatisfy { $0.resource == ["service.name": "s"] }
    )
    let (child, parent) = (try #require(spans.first).span, try #require(spans.last).span)
    #expect(child.traceID == parent.traceID && child.traceID.count == 16 && child.parentSpanID == parent.spanID)
    #expect(parent.parentSpanID.isEmpty && parent.spanID.count == 8 && parent.kind == .client && child.kind == .server)
    #expect(child.attributes.map(\.key) == ["number", "texts"] && child.attributes.first?.text == "7")
    #expect(child.events.count == 128 && child.droppedEventsCount == 74)
    #expect(child.events[0].name == "event" && child.events[0].attributes.map(\.text) == ["v"])
    #expect(child.events[1].name == "exception" && !"\(child.events[1])".contains("secret"))
    #expect(child.links.map(\.spanID) == [parent.spanID])
    #expect(child.status?.code == .error && child.status?.message == "bad" && parent.status == nil)
    #expect(child.startTimeUnixNano > 1_700_000_000_000_000_000 && child.endTimeUnixNano >= child.startTimeUnixNano)
  }

  @Test("Exports that may succeed later are tried again, and no span is lost")
  func retries() async throws {
    let collector = Collector { attempt in
      if attempt < 2 { throw RPCError(code: .unavailable, message: "not yet") }
      return Collector.Response()
    }
    let reports = try await withTracer(collector) { tracer in
      // More than a batch.
      for number in 0..<600 { tracer.startSpan("\(number)", context: .topLevel).end() }
      while collector.requests.count < 2 { await Task.yield() }
    }
    #expect(collector.attempts >= 4)
    #expect(Set(collector.spans.map(\.span.name)) == Set((0..<600).map { "\($0)" }) && collector.spans.count == 600)
    #expect(reports.count == 2 && reports.first?.contains("UNAVAILABLE") == true, "\(reports)")
    #expect(reports.last == "spans are exported again")
  }

  @Test("Spans that a collector refuses, or that find the queue full, are lost and counted")
  func losses() async throws {
    let refusing = Collector { _ in throw RPCError(code: .invalidArgument, message: "no") }
    let refused = try await withTracer(refusing) { tracer in tracer.startSpan("a", context: .topLevel).end() }
    #expect(refused.last == "1 spans were lost" && refused.first?.contains("INVALID_ARGUMENT") == true, "\(refused)")

    let partial = Collector { _ in Collector.Response(partialSuccess: .init(rejectedSpans: 3, errorMessage: "x")) }
    let rejected = try await withTracer(partial) { tracer in tracer.startSpan("a", context: .topLevel).end() }
    #expect(rejected == ["1 spans were lost"])

    var queue = TraceQueue(capacity: 2)
    let hadRoom = ["a", "b", "c"].map { queue.add(.init(name: $0)) }
    #expect(hadRoom == [true, true, false])
    let batch = queue.takeFirst(2)
    #expect(batch.map(\.name) == ["a", "b"] && queue.takeLost() == 1)
    let hasRoom = queue.add(.init(name: "d"))
    #expect(hasRoom)
    queue.putBack(batch)
    #expect(queue.spans.map(\.name) == ["b", "d"] && queue.takeLost() == 1 && queue.takeLost() == 0)
  }

  @Test("A collector's count of refused spans is at most that of the export", arguments: [Int64.max, .min, -1, 0])
  func invalidCounts(count: Int64) async throws {
    let partial = Collector { _ in Collector.Response(partialSuccess: .init(rejectedSpans: count, errorMessage: "x")) }
    let reports = try await withTracer(partial) { tracer in
      // More than a batch.
      for _ in 0..<600 { tracer.startSpan("a", context: .topLevel).end() }
      while partial.requests.flatMap(\.resourceSpans).flatMap(\.scopeSpans).flatMap(\.spans).count < 600 {
        await Task.yield()
      }
    }
    let lost = reports.compactMap { Int($0.prefix { $0.isNumber }) }.reduce(0, +)
    #expect(lost == (count > 0 ? 600 : 0), "\(reports)")
    var queue = TraceQueue(capacity: 1)
    for count in [Int.max, .max, .min] { queue.lose(count) }
    #expect(queue.takeLost() == .max)
  }

  @Test("While exports fail, the clock alone begins one, after pauses that grow")
  func pauses() async throws {
    let collector = Collector { _ in throw RPCError(code: .unavailable, message: "no") }
    let begun = ContinuousClock.now
    _ = try await withTracer(collector, capacity: 512) { tracer in
      // The queue stays full.
      for _ in 0..<512 { tracer.startSpan("a", context: .topLevel).end() }
      while collector.attempts < 3 {
        tracer.startSpan("b", context: .topLevel).end()
        await Task.yield()
      }
      // The least of two pauses.
      #expect(ContinuousClock.now - begun >= .milliseconds(2400))
    }

    var pace = ExportPace()
    let now = ContinuousClock.now
    for bounds in [0.8...1, 1.6...2, 3.2...4, 6.4...8, 12.8...16, 24...30, 24...30] {
      _ = pace.fail(count: 1, mayPass: true, isTooMuch: false, delay: nil, at: now)
      #expect(!pace.isDue(at: now + .seconds(bounds.lowerBound - 0.01)))
      #expect(pace.isDue(at: now + .seconds(bounds.upperBound)))
    }
    #expect(pace.isFailing)
    let isFirst = pace.succeed()
    #expect(isFirst && !pace.isFailing && pace.isDue(at: now))
  }

  @Test("A collector out of resources gets smaller exports, or the pause for which it asks")
  func exhaustedCollector() async throws {
    var pace = ExportPace()
    let now = ContinuousClock.now
    let later = pace.fail(count: 512, mayPass: false, isTooMuch: true, delay: .seconds(60), at: now)
    #expect(later.outcome == .later && later.isFirst && pace.batchSize == 512)
    #expect(!pace.isDue(at: now + .seconds(59)) && pace.isDue(at: now + .seconds(60)))
    let smaller = pace.fail(count: 512, mayPass: false, isTooMuch: true, delay: nil, at: now)
    #expect(smaller.outcome == .smaller && pace.batchSize == 256)
    let lost = pace.fail(count: 1, mayPass: false, isTooMuch: true, delay: nil, at: now)
    #expect(lost.outcome == .lost && !lost.isFirst)
    let isFirst = pace.succeed()
    #expect(isFirst && pace.batchSize == 512)

    // The second of ten spans is too large.
    let collector = Collector()
    let limit = 2000
    let server = Server(
      services: [collector],
      configuration: {
        var configuration = Server.Configuration()
        configuration.maxRequestMessageBytes = limit
        return configuration
      }()
    )
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let reports = Reports()
    try await withShutdown(of: server) {
      let exporter = TraceExporter(channel: try Channel(target: address.description), resource: [:]) { reports.add($0) }
      let tracer = OTLPTracer(exporter: exporter)
      for number in 0..<10 {
        let span = tracer.startSpan("\(number)", context: .topLevel)
        if number == 1 { span.attributes["text"] = String(repeating: "x", count: limit) }
        span.end()
      }
      while collector.spans.count < 9 { await Task.yield() }
      await exporter.shutdown()
    }
    #expect(Set(collector.spans.map(\.span.name)) == Set((0..<10).filter { $0 != 1 }.map { "\($0)" }))
    #expect(reports.texts.first?.contains("RESOURCE_EXHAUSTED") == true && reports.texts.last == "1 spans were lost")
  }

  @Test("Of a long text the first 4,096 bytes are exported, without half a character")
  func longTexts() async throws {
    let collector = Collector()
    _ = try await withTracer(collector) { tracer in
      let span = tracer.startSpan(String(repeating: "é", count: 3000), context: .topLevel)
      span.attributes["text"] = "x" + String(repeating: "é", count: 3000)
      span.attributes["short"] = "é"
      span.end()
    }
    let span = try #require(collector.spans.first).span
    #expect(span.name == String(repeating: "é", count: 2048))
    #expect(span.attributes.map(\.text) == ["é", "x" + String(repeating: "é", count: 2047)])
  }

  @Test("A trace goes through two servers; traces that are not sampled, and probes, have no spans")
  func servers() async throws {
    let collector = Collector()
    let server = Server(services: [collector])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) {
      let arguments = ["--listen", "127.0.0.1:0", "--tracing", "http://\(address)"]
      let back = try Programs.server(arguments)
      let backAddress = try #require(await back.line(after: "running... "))
      let front = try Programs.server(arguments + ["--upstream", backAddress])
      let frontAddress = try #require(await front.line(after: "running... "))
      let client = Compute_Compute.Client(channel: try Channel(target: frontAddress))
      for (span, flags) in [("00000000000000aa", "00"), ("00000000000000bb", "01")] {
        let metadata: Metadata = ["traceparent": "00-\(Self.trace)-\(span)-\(flags)", "tracestate": "vendor=1"]
        #expect(try await client.sayHello(Compute_HelloRequest(helloworld: "abc"), metadata: metadata).result == "3")
      }
      let begun = try await Programs.client(["--target", frontAddress, "--tracing", address.description])
      #expect(begun.output == "received: 6\n" && begun.errors.isEmpty, "\(begun.errors)")
      #expect(try await Programs.client(["health", "--target", frontAddress]).status == 0)
      // A server exports what is left when it ends.
      for process in [front, back] {
        process.signal(SIGTERM)
        let outcome = await process.outcome()
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      }
      let spans = collector.spans.filter { $0.span.traceID == [UInt8](hex: Self.trace) }
      let named = Dictionary(grouping: spans, by: { "\($0.span.kind)" })
      #expect(spans.count == 3 && named["server"]?.count == 2 && named["client"]?.count == 1, "\(spans)")
      #expect(spans.allSatisfy { $0.span.traceState == "vendor=1" })
      #expect(spans.allSatisfy { $0.span.name == "compute.Compute/SayHello" })
      #expect(spans.allSatisfy { $0.resource["service.name"] == "compute-server" })
      #expect(spans.allSatisfy { $0.span.attributes.contains { $0.key == "rpc.status_code" && $0.text == "OK" } })
      let relayed = try #require(named["client"]?.first).span
      let first = try #require(named["server"]?.first { $0.span.parentSpanID == [UInt8](hex: "00000000000000bb") }).span
      let last = try #require(named["server"]?.first { $0.span.spanID != first.spanID }).span
      #expect(relayed.parentSpanID == first.spanID && last.parentSpanID == relayed.spanID)

      // The trace that the client program began.
      let others = collector.spans.filter { $0.span.traceID != [UInt8](hex: Self.trace) }
      let roots = others.filter { $0.span.parentSpanID.isEmpty }
      #expect(others.count == 4 && Set(others.map(\.span.traceID)).count == 1, "\(others)")
      #expect(roots.map { $0.resource["service.name"] } == ["compute-client"])
    }
  }

  @Test("A server whose collector is not there answers, ends, and says that spans were lost")
  func deadCollector() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--tracing", "unix:/nonexistent/socket"])
    let bound = try #require(await server.line(after: "running... "))
    #expect(try await Programs.client(["--target", bound]).output == "received: 6\n")
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("spans cannot be exported: UNAVAILABLE"), "\(outcome.errors)")
    #expect(outcome.errors.contains("1 spans were lost"), "\(outcome.errors)")
  }
}

extension [UInt8] {
  /// The bytes of hexadecimal digits.
  fileprivate init(hex: String) {
    let digits = hex.map { $0 }
    self = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
  }
}
