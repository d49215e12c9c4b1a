"""Runs inside a real QGIS: a timer of 10 ms beats while the sample is embedded, trained on, mapped and fine-tuned.

What runs in the window's thread when a beat is late is sampled from another thread, so that the culprit has a name.
Reads E2E_SCENE, E2E_LABELS, E2E_DRIVING (folder of `driving.py`) and what `driving` reads.
"""

import gc
import os
import sys
import threading
import time
import traceback
from pathlib import Path

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface

sys.path.append(os.environ["E2E_DRIVING"])
from driving import choose, group_layers, open_scene, play, wait  # noqa: E402

BEAT_MS, LATE_S = 10, 0.05
SCHEDULE = Path("/proc/self/schedstat")  # of the first thread, which is the window's: running, waiting, in ns


def schedule():
    """Returns how long the window's thread has run, and was ready to run but no processor was free, in seconds."""
    running, waiting = SCHEDULE.read_text().split()[:2] if SCHEDULE.exists() else (0, 0)
    return int(running) / 1e9, int(waiting) / 1e9


class Heart:
    """Beats in the window's thread; `gaps` has what is known of beats that came late.

    That is seconds, seconds of these without waiting for a processor, seconds at work, and what ran meanwhile.
    """

    def __init__(self):
        self.gaps, self.beats = [], 0
        self._last_s, self._schedule, self._stacks, self._alive = time.perf_counter(), schedule(), [], True
        self._collecting_s = 0.0
        self._thread_id = threading.get_ident()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)
        threading.Thread(target=self._watch, daemon=True).start()
        gc.callbacks.append(self._on_collection)

    def _beat(self):
        now_s, now = time.perf_counter(), schedule()
        gap_s = now_s - self._last_s
        if gap_s > LATE_S:
            ran_s, waited_s = (after - before for after, before in zip(now, self._schedule))
            self.gaps.append((gap_s, gap_s - waited_s, ran_s, self._stacks))
        self._last_s, self._schedule, self._stacks = now_s, now, []
        self.beats += 1

    def _watch(self):
        while self._alive:
            time.sleep(0.01)
            late_s = time.perf_counter() - self._last_s
            if late_s > 0.03:
                frame = sys._current_frames().get(self._thread_id)
                found = traceback.extract_stack(frame)[-3:] if frame else []
                where = " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in found)
                self._stacks.append(f"{1000 * late_s:.0f} ms {where}")

    def _on_collection(self, phase, about):
        """Notes how long Python's collection of garbage takes: nobody else of the process gets a word in meanwhile."""
        if phase == "start":
            self._collecting_s = time.perf_counter()
        elif time.perf_counter() - self._collecting_s > 0.01:
            seconds = time.perf_counter() - self._collecting_s
            self._stacks.append(f"garbage of generation {about['generation']} took {1000 * seconds:.0f} ms")

    def restart(self):
        """Forgets what was before: loading QGIS itself, setting up the scene."""
        self.gaps, self.beats = [], 0
        self._last_s, self._schedule = time.perf_counter(), schedule()

    def stop(self):
        """Ends."""
        self._alive = False
        gc.callbacks.remove(self._on_collection)
        self._timer.stop()


def press(dock, button):
    """Clicks a button of the dock, without waiting."""
    dock.reveal(button)
    QTest.qWait(300)
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def measured(heart, work):
    """Does work; returns its seconds, how often the heart beat and the gaps, the longest first."""
    heart.restart()
    started_s = time.perf_counter()
    work()
    # Drawing what came belongs to the work.
    QTest.qWait(1500)
    gaps = sorted(heart.gaps, key=lambda gap: -gap[1])
    return {"seconds": time.perf_counter() - started_s, "beats": heart.beats, "gaps": gaps}


def scenario():
    """Embed, train and map, fine-tune."""
    _scene, dock = open_scene(os.environ["E2E_SCENE"])
    labels = QgsVectorLayer(os.environ["E2E_LABELS"], "labels", "ogr")
    QgsProject.instance().addMapLayer(labels)
    mapping = dock.mapping
    choose(mapping.labels_page.layer_box, "labels")
    choose(mapping.labels_page.field_box, "class_id")
    QTest.qWait(2000)
    heart, facts = Heart(), {}
    facts["idle"] = measured(heart, lambda: QTest.qWait(1000))

    def embed():
        press(dock, dock.embed_page.button)
        wait(lambda: "Embedding" in group_layers() and not dock.runner.is_busy, "the embedding")

    def train():
        press(dock, mapping.few_shot_page.button)
        wait(lambda: "Classes" in group_layers() and not dock.runner.is_busy, "the class map")

    def fine_tune():
        page = mapping.fine_tuning.page
        choose(page.rung_box, "Linear probe")
        page.epochs_box.setValue(3)
        press(dock, page.button)
        wait(lambda: page.view.map_button.isVisible() and not dock.runner.is_busy, "the network")

    facts["embed"] = measured(heart, embed)
    facts["train and map"] = measured(heart, train)
    choose(mapping.few_shot_page.way_box, "Many polygons: fine-tune a network")
    facts["fine-tune"] = measured(heart, fine_tune)
    heart.stop()
    iface.messageBar().clearWidgets()
    return facts


play(scenario)
