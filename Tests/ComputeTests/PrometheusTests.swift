import CoreGRPC
import CoreGRPCMetrics
import Foundation
import Metrics
import TestSupport
import Testing

@testable import PrometheusPage

@Suite("Metrics in Prometheus' text format", .timeLimit(.minutes(5)))
struct PrometheusTests {
  @Test("A page has each kind of instrument")
  func page() {
    let registry = PrometheusRegistry { label in
      switch label {
      case "a.size": InstrumentDescription(unit: "bytes", bounds: [0, 10, 0.5e9], help: "Si\\ze\nof")
      case "a.time": InstrumentDescription(bounds: [0.001, 0.5])
      default: InstrumentDescription()
      }
    }
    registry.makeCounter(label: "b.calls", dimensions: [("z", "1"), ("a.b", "q\"\\\n")]).increment(by: 3)
    registry.makeCounter(label: "b.calls", dimensions: [("a.b", "q\"\\\n"), ("z", "1")]).increment(by: 4)
    registry.makeCounter(label: "b.calls", dimensions: []).increment(by: -1)
    registry.makeFloatingPointCounter(label: "b.joules", dimensions: []).increment(by: 0.25)
    let open = registry.makeMeter(label: "c.open", dimensions: [("x", "ä")])
    open.increment(by: 2)
    open.decrement(by: 3.5)
    registry.makeRecorder(label: "c.last", dimensions: [], aggregate: false).record(7 as Int64)
    let size = registry.makeRecorder(label: "a.size", dimensions: [("le", "x")], aggregate: true)
    for value in [0, 1, 10, 11, 1_000_000_000] as [Int64] { size.record(value) }
    size.record(.nan)
    let time = registry.makeTimer(label: "a.time", dimensions: [])
    for nanoseconds in [1_000_000, 1_000_001, 2_000_000_000] as [Int64] { time.recordNanoseconds(nanoseconds) }
    registry.makeRecorder(label: "9-plain", dimensions: [], aggregate: true).record(2.5)
    #expect(
      registry.page == #"""
        # TYPE _9_plain summary
        _9_plain_sum 2.5
        _9_plain_count 1
        # HELP a_size_bytes Si\\ze\nof
        # TYPE a_size_bytes histogram
        a_size_bytes_bucket{le_="x",le="0"} 1
        a_size_bytes_bucket{le_="x",le="10"} 3
        a_size_bytes_bucket{le_="x",le="500000000"} 4
        a_size_bytes_bucket{le_="x",le="+Inf"} 5
        a_size_bytes_sum{le_="x"} 1000000022
        a_size_bytes_count{le_="x"} 5
        # TYPE a_time_seconds histogram
        a_time_seconds_bucket{le="0.001"} 1
        a_time_seconds_bucket{le="0.5"} 2
        a_time_seconds_bucket{le="+Inf"} 3
        a_time_seconds_sum 2.002000001
        a_time_seconds_count 3
        # TYPE b_calls_total counter
        b_calls_total 0
        b_calls_total{a_b="q\"\\\n",z="1"} 7
        # TYPE b_joules_total counter
        b_joules_total 0.25
        # TYPE c_last gauge
        c_last 7
        # TYPE c_open gauge
        c_open{x="ä"} -1.5

        """#
    )
  }

  @Test("Further series than the limit, and names of another kind, are not on the page")
  func limits() {
    let registry = PrometheusRegistry(maxSeries: 2)
    let first = registry.makeCounter(label: "a", dimensions: [("n", "1")])
    for number in 1...5 { registry.makeCounter(label: "a", dimensions: [("n", "\(number)")]).increment(by: 1) }
    #expect(registry.page == "# TYPE a_total counter\na_total{n=\"1\"} 1\na_total{n=\"2\"} 1\n")
    registry.destroyCounter(first)
    registry.makeMeter(label: "a.total", dimensions: []).set(1 as Int64)
    registry.makeMeter(label: "b", dimensions: []).set(1 as Int64)
    #expect(registry.page == "# TYPE a_total counter\na_total{n=\"2\"} 1\n# TYPE b gauge\nb 1\n")
  }

  @Test(
    "A head decides what is answered",
    arguments: [
      ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", .page(isHead: false)),
      ("GET /metrics?a HTTP/1.0\n\n", .page(isHead: false)),
      ("HEAD /metrics HTTP/1.1\r\n\r\n", .page(isHead: true)), ("GET /metrics HTTP/1.1\r\nHost: x\r\n", .incomplete),
      ("", .incomplete), ("GET / HTTP/1.1\r\n\r\n", .refused(status: "404 Not Found")),
      ("GET /metricsx HTTP/1.1\r\n\r\n", .refused(status: "404 Not Found")),
      ("POST /metrics HTTP/1.1\r\n\r\n", .refused(status: "405 Method Not Allowed")),
      ("GET  /metrics HTTP/1.1\r\n\r\n", .refused(status: "400 Bad Request")),
      ("GET /metrics HTTP/2.0\r\n\r\n", .refused(status: "400 Bad Request")),
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(status: "400 Bad Request")),
      ("\u{16}\u{3}\u{1}\n\n", .refused(status: "400 Bad Request")), ("\r\n\r\n", .refused(status: "400 Bad Request")),
      (String(repeating: "x", count: 8191), .incomplete),
      (String(repeating: "x", count: 8192), .refused(status: "431 Request Header Fields Too Large")),
    ] as [(String, PageRequest)]
  )
  func requests(text: String, expected: PageRequest) {
    #expect(PageRequest(Array(text.utf8)) == expected)
  }

  /// Sends a request, and returns all that is answered.
  private func answer(_ port: Int, _ request: String) async -> String {
    await onThread {
      let socket = RawSocket.connected(toPort: port)
      socket.write(Array(request.utf8))
      var bytes: [UInt8] = []
      while let more = socket.read() { bytes += more }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }

  private func port(of page: MetricsPage) throws -> Int {
    try #require(page.address.split(separator: ":").last.flatMap { Int($0) })
  }

  @Test("The page is answered in full, also when it is long, and others by their status")
  func answers() async throws {
    let content = String(repeating: "a 1\n", count: 2_000_000)
    let page = try MetricsPage(host: "127.0.0.1", port: 0) { content }
    let port = try port(of: page)
    let full = await answer(port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(full.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
    #expect(full.contains("\r\nContent-Length: 8000000\r\nConnection: close\r\n\r\na 1\n"))
    #expect(full.utf8.count > 8_000_000 && full.hasSuffix("\r\n\r\n" + content))
    let head = await answer(port, "HEAD /metrics HTTP/1.1\r\n\r\n")
    #expect(head.contains("Content-Length: 8000000") && head.hasSuffix("\r\n\r\n"))
    // A body that nobody reads does not take the answer away.
    let body = String(repeating: "x", count: 100_000)
    let post = await answer(port, "POST /metrics HTTP/1.1\r\nContent-Length: 100000\r\n\r\n\(body)")
    #expect(post.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n") && post.contains("Allow: GET, HEAD\r\n"))
    #expect(await answer(port, String(repeating: "y", count: 8192)).hasPrefix("HTTP/1.1 431 "))
    page.stop()
  }

  @Test("Clients that send nothing, or read nothing, hold up no other; the oldest make room")
  func slowClients() async throws {
    let content = String(repeating: "a 1\n", count: 2_000_000)
    let page = try MetricsPage(host: "127.0.0.1", port: 0) { content }
    let port = try port(of: page)
    let idle = (0..<40).map { _ in RawSocket.connected(toPort: port) }
    let unread = (0..<40).map { _ in RawSocket.connected(toPort: port) }
    for socket in unread { socket.write(Array("GET /metrics HTTP/1.1\r\n\r\n".utf8)) }
    #expect(await answer(port, "GET /metrics HTTP/1.1\r\n\r\n").hasSuffix(content))
    // The first ones have been closed before their time.
    idle[0].endReading(after: 1)
    #expect(await onThread { idle[0].read() == nil && !idle[0].isSilent })
    _ = (idle, unread)
    page.stop()
    #expect(await onThread { idle[39].read() } == nil)
  }

  @Test("A request may come in pieces")
  func pieces() async throws {
    let page = try MetricsPage(host: "::1", port: 0) { "b 2\n" }
    #expect(page.address.hasPrefix("[::1]:"))
    page.stop()
    let other = try MetricsPage(host: "127.0.0.1", port: 0) { "b 2\n" }
    let port = try port(of: other)
    let answer = await onThread {
      let socket = RawSocket.connected(toPort: port)
      for byte in "GET /metrics HTTP/1.1\r\n\r\n".utf8 { socket.write([byte]) }
      var bytes: [UInt8] = []
      while let more = socket.read() { bytes += more }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(answer.hasSuffix("\r\n\r\nb 2\n"))
    #expect(throws: (any Error).self) { try MetricsPage(host: "127.0.0.1", port: UInt16(port)) { "" } }
  }

  private struct Family: Decodable {
    struct Sample: Decodable {
      var name: String
      var labels: [String: String]
      var value: String
    }
    var type: String
    var samples: [Sample]
  }

  @Test("The server's page is read by Prometheus' own parser, with the table of instruments")
  func serverPage() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
    let bound = try #require(await server.line(after: "running... "))
    let url = try #require(await server.line(after: "metrics... http://127.0.0.1:"))
    let port = try #require(Int(url.prefix { $0 != "/" }))
    _ = try await Programs.client(["--target", bound, "--count", "100", "abc"])
    let unknown = MethodDescriptor(fullyQualifiedService: "a.B", method: "C")
    _ = try? await Channel(target: bound).unary(request: ClientRequest(message: [] as [UInt8]), descriptor: unknown)
    // A client can have its status before the server has counted the call.
    let count = "grpc_server_call_rcvd_total_compressed_message_size_bytes_count"
    let counted = [
      #"\#(count){grpc_method="compute.Compute/SayHello",grpc_status="OK"} 100"#,
      #"\#(count){grpc_method="other",grpc_status="UNIMPLEMENTED"} 1"#,
    ]
    var answer = ""
    while !counted.allSatisfy(answer.contains) {
      answer = await self.answer(port, "GET /metrics HTTP/1.1\r\n\r\n")
    }
    let page = try #require(answer.range(of: "\r\n\r\n").map { answer[$0.upperBound...] })
    let reader = try await ChildProcess.run(
      Locations.repository.appending(path: ".venv/bin/python"),
      [Locations.repository.appending(path: "Tests/InteropTests/Python/metrics_page.py").path],
      input: Array(page.utf8)
    )
    #expect(reader.status == 0, "\(reader.errors)")
    let families = try JSONDecoder().decode([String: Family].self, from: Data(reader.output.utf8))
    // The parser names a counter without `_total`.
    #expect(
      families.mapValues(\.type).filter { $0.key.contains("grpc") } == [
        "grpc_server_call_started": "counter", "grpc_server_call_duration_seconds": "histogram",
        "grpc_server_call_sent_total_compressed_message_size_bytes": "histogram",
        "grpc_server_call_rcvd_total_compressed_message_size_bytes": "histogram",
        "coregrpc_server_open_calls": "gauge", "coregrpc_server_refused_calls": "counter",
        "coregrpc_server_open_connections": "gauge", "coregrpc_server_unreleased_calls": "gauge",
        "coregrpc_server_poller_threads": "gauge", "coregrpc_server_relieved_threads": "gauge",
        "coregrpc_server_handler_threads": "gauge", "coregrpc_server_queued_handlers": "gauge",
        "coregrpc_client_poller_threads": "gauge", "coregrpc_process_deferred_sends": "counter",
        "coregrpc_process_coalesced_sends": "counter", "coregrpc_process_dropped_log_lines": "counter",
      ]
    )
    func value(_ family: String, _ suffix: String, _ labels: [String: String]) -> String? {
      let labels = ["grpc_method": "compute.Compute/SayHello"].merging(labels) { $1 }
      return families[family]?.samples.first { $0.name == family + suffix && $0.labels == labels }?.value
    }
    let size = "grpc_server_call_rcvd_total_compressed_message_size_bytes"
    #expect(value("grpc_server_call_started", "_total", [:]) == "100")
    #expect(value("grpc_server_call_started", "_total", ["grpc_method": "other"]) == "1")
    #expect(value(size, "_count", ["grpc_status": "OK"]) == "100")
    #expect(value(size, "_sum", ["grpc_status": "OK"]) == "500")
    #expect(value(size, "_bucket", ["grpc_status": "OK", "le": "1024"]) == "100")
    #expect(value(size, "_count", ["grpc_status": "UNIMPLEMENTED", "grpc_method": "other"]) == "1")
    let refused = ["grpc_method": "other", "coregrpc_reason": "unknown_method"]
    #expect(value("coregrpc_server_refused_calls", "_total", refused) == "1")
    #expect(value("coregrpc_server_open_calls", "", [:]) == "0")
    let threads = families["coregrpc_server_poller_threads"]?.samples.first?.value
    #expect(threads.flatMap { Double($0) } ?? 0 >= 1)
    let duration = "grpc_server_call_duration_seconds"
    let bounds = families[duration]?.samples.compactMap { $0.labels["le"] == "+Inf" ? nil : $0.labels["le"] }
      .compactMap(Double.init)
    #expect(Set(bounds ?? []) == Set(HistogramBounds.durations))
    #expect(families["process_open_fds"] != nil && families["process_cpu_seconds"]?.type == "counter")
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test("An address that is not one of TCP, or that is in use, is an error")
  func addresses() async throws {
    let unix = try await ChildProcess.run(Locations.executable("compute-server"), ["--metrics", "unix:/tmp/x"])
    #expect(unix.status == 64 && unix.errors.contains("'unix:/tmp/x'"), "\(unix.errors)")
    let page = try MetricsPage(host: "127.0.0.1", port: 0) { "" }
    let used = try await ChildProcess.run(
      Locations.executable("compute-server"),
      ["--listen", "127.0.0.1:0", "--metrics", page.address]
    )
    #expect(used.status == 1 && used.errors == "error: cannot listen on \(page.address): Address already in use\n")
  }
}
