"""The log in files for other programs and other watches, and out of such files into the log.

Whatever is written is written from what is at or below a marking, and nothing that is read is trusted.
"""
