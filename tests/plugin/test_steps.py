"""The steps' states: what follows from which facts, and how the head of the dock shows it."""

from dataclasses import replace

import pytest

pytestmark = pytest.mark.qgis

SCENE = ("/s.tif", None, (), "auto", "")


@pytest.fixture
def steps(qgis_app):
    from mmearth_qgis.mmearth_plugin import steps

    return steps


def words(steps, facts):
    return [state.state for state in steps.states(facts).values()]


def described(steps, **more):
    return steps.Facts(scene=SCENE, scene_text="12 bands", **more)


def test_without_a_scene_nothing_is_possible(steps):
    assert words(steps, steps.Facts()) == ["waiting"] * 5


def test_a_described_scene_opens_embedding_and_labels(steps):
    assert words(steps, described(steps)) == ["done", "ready", "ready", "waiting", "ready"]


def test_a_scene_that_cannot_be_used_stops_all_steps(steps):
    facts = steps.Facts(scene=SCENE, problem="3 bands, 12 are wanted.")
    assert words(steps, facts) == ["problem", "waiting", "waiting", "waiting", "waiting"]
    assert steps.states(facts)["scene"].text == "3 bands, 12 are wanted."


def test_training_needs_two_classes(steps):
    one = described(steps, labels=("layer", "class", 1), classes=1, polygons=3)
    assert words(steps, one)[2:4] == ["ready", "waiting"]
    assert words(steps, replace(one, classes=2))[2:4] == ["done", "ready"]


def test_an_embedding_is_out_of_date_when_the_scene_is_read_otherwise(steps):
    facts = described(steps).with_outcome("embed", steps.Outcome(SCENE, "Embedded in 3 s."))
    assert steps.states(facts)["embed"] == steps.StepState("done", "Embedded in 3 s.")
    other_units = replace(facts, scene=(*SCENE[:3], "dn", ""))
    assert steps.states(other_units)["embed"].state == "out of date"
    other_file = replace(facts, scene=("/t.tif", *SCENE[1:]))
    assert steps.states(other_file)["embed"].state == "ready"


def test_training_and_map_are_out_of_date_when_labels_change(steps):
    labels = ("layer", "class", 7)
    facts = described(steps, labels=labels, classes=2, polygons=9)
    facts = facts.with_outcome("train", steps.Outcome(labels, "F1 0.8"))
    facts = facts.with_outcome("map", steps.Outcome((SCENE[:-1], labels), "Mapped in 2 s."))
    assert words(steps, facts)[3:] == ["done", "done"]
    edited = replace(facts, labels=("layer", "class", 8))
    assert words(steps, edited)[3:] == ["out of date", "out of date"]
    assert "F1 0.8" in steps.states(edited)["train"].text


def test_training_from_masks_needs_no_polygons(steps):
    facts = described(steps).with_outcome("train", steps.Outcome(None, "F1 0.8"))
    assert steps.states(facts)["train"] == steps.StepState("done", "F1 0.8")


def test_a_map_with_a_saved_model_does_not_depend_on_labels(steps):
    facts = described(steps, labels=("layer", "class", 1), classes=2)
    facts = facts.with_outcome("map", steps.Outcome((SCENE[:-1], None), "Mapped in 2 s."))
    assert words(steps, replace(facts, labels=("layer", "class", 2)))[4] == "done"
    assert words(steps, replace(facts, scene=("/t.tif", *SCENE[1:])))[4] == "out of date"


def test_the_step_at_work_says_so(steps):
    assert words(steps, described(steps, running="embed"))[1] == "running"


def test_the_bar_tells_states_in_words_too(steps):
    from mmearth_qgis.mmearth_plugin.pages.step_bar import StepBar
    from qgis.PyQt.QtWidgets import QMenu

    menu = QMenu()
    bar = StepBar([("explore", "Explore")], menu)
    chosen = []
    bar.chosen.connect(chosen.append)
    bar.show_states(steps.states(described(steps)))
    bar.set_current("label")
    assert bar.buttons["scene"].accessibleName() == "Scene: done"
    assert bar.buttons["embed"].toolTip().startswith("Embed: ready. For exploring")
    assert bar.state_label.text() == "Make a label layer, or choose one."
    bar.buttons["explore"].click()
    assert chosen == ["explore"]
    bar.set_current("explore")
    assert bar.state_label.isHidden()
    assert bar.minimumSizeHint().width() <= 320


def test_the_dock_follows_a_job(dock, scene_layer, make_polygons, wait_for):
    dock.scene_page.set_layer(scene_layer)
    wait_for(lambda: dock.bar.state("scene").state == "done")
    dock.mapping.labels_page.layer_box.setLayer(make_polygons([(1, 0, 0), (2, 4, 0)]))
    wait_for(lambda: dock.bar.state("label").state == "done")
    assert dock.bar.state("label").text == "2 polygons in 2 classes"
    dock.reveal(dock.mapping.few_shot_page.button)
    assert dock.stack.current() == "train"
    assert dock.bar.buttons["train"].isChecked()
    dock.mapping.few_shot_page.button.click()
    wait_for(lambda: dock.bar.state("map").state == "done")
    assert dock.bar.state("train").state == "done"
    assert "0.91" in dock.bar.state("train").text
    layer = dock.mapping.labels_page.layer
    layer.startEditing()
    layer.deleteFeature(next(layer.getFeatures()).id())
    wait_for(lambda: dock.bar.state("map").state == "out of date")
    assert dock.bar.state("label").state == "ready"  # one class is left
    layer.rollBack()
