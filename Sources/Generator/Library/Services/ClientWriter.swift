/// Writes what calls a service.
struct ClientWriter {
  let access: String
  let service: ServiceModel

  func write(to text: inout SourceText) {
    text.blank()
    text.block("nonisolated extension \(service.swiftName) {") { text in
      text.documentation(
        """
        A client of the service `\(service.fullName)`.

        Code that takes some client, and not the type `Client`, can be tested with an implementation of this protocol.
        """
      )
      writeDeprecation(service.isDeprecated, to: &text)
      text.block("\(access)protocol ClientProtocol: Sendable {") { text in
        for method in service.methods {
          text.blank()
          writeFullDocumentation(of: method, to: &text)
          writeFullSignature(of: method, access: "", defaultOptions: "", tail: "", to: &text)
        }
      }
      text.blank()
      text.documentation("Calls the service `\(service.fullName)`.")
      writeDeprecation(service.isDeprecated, to: &text)
      text.block("\(access)struct Client: ClientProtocol {") { text in
        text.add("private let channel: Channel")
        text.blank()
        text.documentation("Creates a client that makes its calls on `channel`.")
        text.add("\(access)init(channel: Channel) { self.channel = channel }")
        for method in service.methods {
          text.blank()
          writeSimple(method, to: &text)
          text.blank()
          writeFull(method, to: &text)
        }
      }
    }
    guard !service.methods.isEmpty else { return }
    text.blank()
    writeDeprecation(service.isDeprecated, to: &text)
    text.block("nonisolated extension \(service.swiftName).ClientProtocol {") { text in
      for method in service.methods {
        text.blank()
        writeSimple(method, to: &text)
      }
    }
  }

  private func writeDeprecation(_ isDeprecated: Bool, to text: inout SourceText) {
    if isDeprecated { text.add("@available(*, deprecated)") }
  }

  /// The function that takes and returns messages.
  private func writeSimple(_ method: MethodModel, to text: inout SourceText) {
    text.documentation(method.documentation + parameterDocumentation(of: method))
    writeDeprecation(method.isDeprecated, to: &text)
    text.add("\(access)\(isolation(of: method))func \(method.functionName)\(genericClause(of: method))(")
    text.indented { text in
      text.add(
        method.streamsInput
          ? "producer: @escaping StreamingClientRequest<\(method.inputType)>.Producer,"
          : "_ message: \(method.inputType),"
      )
      text.add("metadata: Metadata = [:],")
      text.add("options: CallOptions = .defaults" + (method.streamsOutput ? "," : ""))
      if method.streamsOutput {
        text.add("\(onResponse) (RPCAsyncSequence<\(method.outputType)>) async throws -> Result")
      }
    }
    text.add(") async \(effects(of: method)) -> \(method.streamsOutput ? "Result" : method.outputType) {")
    text.indented { text in
      text.add(
        method.streamsInput
          ? "let request = StreamingClientRequest(metadata: metadata, producer: producer)"
          : "let request = ClientRequest(message: message, metadata: metadata)"
      )
      let call = "try await self.\(method.functionName)(request: request, options: options)"
      if method.streamsOutput {
        text.add("return \(call) { response in try await onResponse(response.messages) }")
      } else {
        text.add("return \(call).message")
      }
    }
    text.add("}")
  }

  private func writeFullDocumentation(of method: MethodModel, to text: inout SourceText) {
    text.documentation(method.documentation + "\n\nWith the metadata of both directions.")
    writeDeprecation(method.isDeprecated, to: &text)
  }

  /// The signature of the function that takes and returns metadata beside the messages.
  private func writeFullSignature(
    of method: MethodModel,
    access: String,
    defaultOptions: String,
    tail: String,
    to text: inout SourceText
  ) {
    let request = method.streamsInput ? "StreamingClientRequest" : "ClientRequest"
    text.add("\(access)\(isolation(of: method))func \(method.functionName)\(genericClause(of: method))(")
    text.indented { text in
      text.add("request: \(request)<\(method.inputType)>,")
      text.add("options: CallOptions\(defaultOptions)" + (method.streamsOutput ? "," : ""))
      if method.streamsOutput {
        text.add("\(onResponse) (StreamingClientResponse<\(method.outputType)>) async throws -> Result")
      }
    }
    let result = method.streamsOutput ? "Result" : "ClientResponse<\(method.outputType)>"
    text.add(") async \(effects(of: method)) -> \(result)\(tail)")
  }

  /// The function that takes and returns metadata beside the messages.
  private func writeFull(_ method: MethodModel, to text: inout SourceText) {
    writeFullDocumentation(of: method, to: &text)
    writeFullSignature(of: method, access: access, defaultOptions: " = .defaults", tail: " {", to: &text)
    text.indented { text in
      text.block("try await channel.\(method.kind)(", closing: ")") { text in
        text.add("request: request,")
        text.add("descriptor: Method.\(method.typeName).descriptor,")
        text.add("serializer: ProtobufSerializer<\(method.inputType)>(),")
        text.add("deserializer: ProtobufDeserializer<\(method.outputType)>(),")
        text.add("options: options" + (method.streamsOutput ? "," : ""))
        if method.streamsOutput { text.add("onResponse: onResponse") }
      }
    }
    text.add("}")
  }

  private var onResponse: String { "onResponse: nonisolated(nonsending)" }

  /// A function with a closure runs where its caller does, so that the closure may use what the caller has there.
  private func isolation(of method: MethodModel) -> String {
    method.streamsOutput ? "nonisolated(nonsending) " : ""
  }

  private func genericClause(of method: MethodModel) -> String {
    method.streamsOutput ? "<Result: Sendable>" : ""
  }

  private func effects(of method: MethodModel) -> String {
    method.streamsOutput ? "throws" : "throws(RPCError)"
  }

  private func parameterDocumentation(of method: MethodModel) -> String {
    let producer = "producer: Writes the messages; when it returns, the client's side of the call is closed."
    let onResponse = "onResponse: Reads the messages; when it returns, the call ends."
    return switch (method.streamsInput, method.streamsOutput) {
    case (false, false): ""
    case (true, false): "\n\n- Parameter \(producer)"
    case (false, true): "\n\n- Parameter \(onResponse)"
    case (true, true): "\n\n- Parameters:\n  - \(producer)\n  - \(onResponse)"
    }
  }
}
