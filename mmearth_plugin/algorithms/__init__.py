"""One Processing algorithm per verb: parameters in, the same request as the dock's out."""
