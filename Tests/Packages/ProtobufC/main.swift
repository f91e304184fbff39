import ProtobufC

let limits = DecodingLimits(maxDepth: 10)
precondition(limits.maxDepth == 10)
