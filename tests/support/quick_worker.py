"""The production server's worker in a hurry: its deadlines pass while a test looks on."""

from portal.server_worker import BufferedWorker


class QuickWorker(BufferedWorker):
    read_seconds = 3.0
    idle_seconds = 1.5
