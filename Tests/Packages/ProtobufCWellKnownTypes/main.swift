import ProtobufC
import ProtobufCWellKnownTypes

let duration = try Google_Protobuf_Duration(rounding: .milliseconds(1500))
let same = try Google_Protobuf_Duration(serializedBytes: duration.serializedBytes())
precondition(same == duration && same.nanos == 500_000_000)
