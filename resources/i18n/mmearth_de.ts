<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
  <context>
    <name>MMEarth</name>
    <message>
      <source>Adapt weights to another sensor</source>
      <translation>Gewichte an einen anderen Sensor anpassen</translation>
    </message>
    <message>
      <source>Learns weights for another sensor (drone, aerial, SPOT, Landsat …) without labels, from places that a known sensor has seen too. REFERENCES are images that the weights understand, one for each image of the new sensor and in the same order; without them, each image is averaged to larger pixels and taken as its own reference. BANDS and UNITS are those of the references. Numbers of 0 are chosen by the recipe. The weights serve embedding and training; the log says how well both sensors agree on held-out places.</source>
      <translation>Lernt Gewichte für einen anderen Sensor (Drohne, Luftbild, SPOT, Landsat …) ohne Labels, von Orten, die auch ein bekannter Sensor gesehen hat. REFERENCES sind Bilder, die die Gewichte verstehen, eines für jedes Bild des neuen Sensors und in derselben Reihenfolge; ohne sie wird jedes Bild auf größere Pixel gemittelt und dient als seine eigene Referenz. BANDS und UNITS sind die der Referenzen. Zahlen von 0 wählt das Rezept. Die Gewichte dienen zum Einbetten und Trainieren; das Protokoll sagt, wie gut beide Sensoren an zurückgehaltenen Orten übereinstimmen.</translation>
    </message>
    <message>
      <source>Images of the new sensor</source>
      <translation>Bilder des neuen Sensors</translation>
    </message>
    <message>
      <source>References: images of a known sensor, in the same order</source>
      <translation>Referenzen: Bilder eines bekannten Sensors, in derselben Reihenfolge</translation>
    </message>
    <message>
      <source>Weights that understand the references (empty: the bundled ones)</source>
      <translation>Gewichte, die die Referenzen verstehen (leer: die mitgelieferten)</translation>
    </message>
    <message>
      <source>How it learns</source>
      <translation>Wie gelernt wird</translation>
    </message>
    <message>
      <source>Steps (0: until held-out places gain no more)</source>
      <translation>Schritte (0: bis zurückgehaltene Orte nichts mehr gewinnen)</translation>
    </message>
    <message>
      <source>Go on from the checkpoint of the run</source>
      <translation>Vom Checkpoint des Laufs aus fortsetzen</translation>
    </message>
    <message>
      <source>Bands of the new sensor that see the same light, like "B4=1, B3=2" (empty: by name or wavelength)</source>
      <translation>Kanäle des neuen Sensors, die dasselbe Licht sehen, wie "B4=1, B3=2" (leer: nach Name oder Wellenlänge)</translation>
    </message>
    <message>
      <source>Pixel size of references that are made (0: 10 m)</source>
      <translation>Pixelgröße gemittelter Referenzen (0: 10 m)</translation>
    </message>
    <message>
      <source>Pixel size that the new encoder works at (0: that of the images)</source>
      <translation>Pixelgröße, mit der der neue Encoder arbeitet (0: die der Bilder)</translation>
    </message>
    <message>
      <source>Ground that is hidden in both images of a pair</source>
      <translation>Gebiet, das in beiden Bildern eines Paars verdeckt wird</translation>
    </message>
    <message>
      <source>Land cover: places with like classes shall look alike</source>
      <translation>Landbedeckung: Orte mit ähnlichen Klassen sollen ähnlich aussehen</translation>
    </message>
    <message>
      <source>Correct a shift between the images</source>
      <translation>Einen Versatz zwischen den Bildern korrigieren</translation>
    </message>
    <message>
      <source>Start from random weights, for comparison</source>
      <translation>Mit zufälligen Gewichten beginnen, zum Vergleich</translation>
    </message>
    <message>
      <source>Side of a window, in pixels of the reference</source>
      <translation>Seite eines Fensters, in Pixeln der Referenz</translation>
    </message>
    <message>
      <source>Batch</source>
      <translation>Batch</translation>
    </message>
    <message>
      <source>Seed</source>
      <translation>Startwert</translation>
    </message>
    <message>
      <source>Learning rate</source>
      <translation>Lernrate</translation>
    </message>
    <message>
      <source>Weights (*.safetensors)</source>
      <translation>Gewichte (*.safetensors)</translation>
    </message>
    <message>
      <source>Weights</source>
      <translation>Gewichte</translation>
    </message>
    <message>
      <source>Picture of the losses</source>
      <translation>Bild der Loss-Kurven</translation>
    </message>
    <message>
      <source>Picture of pairs</source>
      <translation>Bild der Paare</translation>
    </message>
    <message>
      <source>Steps</source>
      <translation>Schritte</translation>
    </message>
    <message>
      <source>Share of held-out places found again (retrieval@1)</source>
      <translation>Anteil wiedergefundener zurückgehaltener Orte (Retrieval@1)</translation>
    </message>
    <message>
      <source>Cosine on held-out places</source>
      <translation>Kosinus an zurückgehaltenen Orten</translation>
    </message>
    <message>
      <source>Share of held-out places found again before</source>
      <translation>Anteil vorher wiedergefundener zurückgehaltener Orte</translation>
    </message>
    <message>
      <source>Cosine on held-out places before</source>
      <translation>Kosinus an zurückgehaltenen Orten vorher</translation>
    </message>
    <message>
      <source>{targets} images of the new sensor were given (INPUT), but {references} references (REFERENCES). Give one reference for each image, in the same order, or none.</source>
      <translation>Angegeben wurden {targets} Bilder des neuen Sensors (INPUT), aber {references} Referenzen (REFERENCES). Je Bild eine Referenz in derselben Reihenfolge angeben, oder keine.</translation>
    </message>
    <message>
      <source>Accuracy and area of a map</source>
      <translation>Genauigkeit und Flächen einer Karte</translation>
    </message>
    <message>
      <source>Compares a class map with independent sample points, such as those of "Draw sample points of a map": accuracy and area of each class, each with its interval.</source>
      <translation>Vergleicht eine Klassenkarte mit unabhängigen Stichprobenpunkten, etwa aus "Stichprobenpunkte einer Karte ziehen": Genauigkeit und Fläche jeder Klasse, jeweils mit Konfidenzintervall.</translation>
    </message>
    <message>
      <source>Class map</source>
      <translation>Klassenkarte</translation>
    </message>
    <message>
      <source>Sample points</source>
      <translation>Stichprobenpunkte</translation>
    </message>
    <message>
      <source>Field with the true class</source>
      <translation>Feld mit der wahren Klasse</translation>
    </message>
    <message>
      <source>Report folder</source>
      <translation>Berichtsordner</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Bericht</translation>
    </message>
    <message>
      <source>Result in a sentence</source>
      <translation>Ergebnis in einem Satz</translation>
    </message>
    <message>
      <source>Check a model</source>
      <translation>Modell prüfen</translation>
    </message>
    <message>
      <source>Says what a model file is and whether it serves a scene: bands, units, weights, pixel size. Errors forbid its use, warnings make the map doubtful. Nothing is mapped.</source>
      <translation>Sagt, was eine Modelldatei enthält und ob sie zu einer Szene passt: Kanäle, Einheiten, Gewichte, Pixelgröße. Bei Fehlern ist das Modell nicht verwendbar, bei Warnungen ist die Karte zweifelhaft. Es wird nichts kartiert.</translation>
    </message>
    <message>
      <source>Model file</source>
      <translation>Modelldatei</translation>
    </message>
    <message>
      <source>Scene</source>
      <translation>Szene</translation>
    </message>
    <message>
      <source>Number of errors</source>
      <translation>Anzahl der Fehler</translation>
    </message>
    <message>
      <source>Number of warnings</source>
      <translation>Anzahl der Warnungen</translation>
    </message>
    <message>
      <source>What was found</source>
      <translation>Was gefunden wurde</translation>
    </message>
    <message>
      <source>Groups without labels</source>
      <translation>Gruppen ohne Labels</translation>
    </message>
    <message>
      <source>Groups the pixels of an embedding by k-means and writes the groups as a class raster, the largest first. With 0 groups the number is the one that the pixels suggest: the largest whose groups are nearly as clear as those of the best number (silhouette).</source>
      <translation>Gruppiert die Pixel eines Embeddings mit k-Means und schreibt die Gruppen als Klassenraster, die größte zuerst. Bei 0 Gruppen gilt die Anzahl, die die Pixel nahelegen: die größte, deren Gruppen fast so deutlich getrennt sind wie bei der besten Anzahl (Silhouette).</translation>
    </message>
    <message>
      <source>Embedding</source>
      <translation>Embedding</translation>
    </message>
    <message>
      <source>Groups (0: as many as the pixels suggest)</source>
      <translation>Gruppen (0: so viele, wie die Pixel nahelegen)</translation>
    </message>
    <message>
      <source>Greatest number that may be suggested</source>
      <translation>Größte Anzahl, die vorgeschlagen werden darf</translation>
    </message>
    <message>
      <source>Extent</source>
      <translation>Ausdehnung</translation>
    </message>
    <message>
      <source>Groups</source>
      <translation>Gruppen</translation>
    </message>
    <message>
      <source>Groups found</source>
      <translation>Gefundene Gruppen</translation>
    </message>
    <message>
      <source>Compare two class maps</source>
      <translation>Zwei Klassenkarten vergleichen</translation>
    </message>
    <message>
      <source>Shows where two class maps of the same ground differ, from which class to which. The second is read on the grid of the first. Classes are told by their names, else by their values. The table has the area of each pair of classes.</source>
      <translation>Zeigt, wo sich zwei Klassenkarten desselben Gebiets unterscheiden, und von welcher zu welcher Klasse. Die zweite wird im Pixelraster der ersten gelesen. Klassen werden nach Namen zugeordnet, sonst nach Werten. Die Tabelle nennt die Fläche jedes Klassenpaars.</translation>
    </message>
    <message>
      <source>First class map</source>
      <translation>Erste Klassenkarte</translation>
    </message>
    <message>
      <source>Second class map</source>
      <translation>Zweite Klassenkarte</translation>
    </message>
    <message>
      <source>Differences</source>
      <translation>Unterschiede</translation>
    </message>
    <message>
      <source>Table of areas</source>
      <translation>Flächentabelle</translation>
    </message>
    <message>
      <source>CSV files (*.csv)</source>
      <translation>CSV-Dateien (*.csv)</translation>
    </message>
    <message>
      <source>Share of the area with the same class</source>
      <translation>Flächenanteil mit gleicher Klasse</translation>
    </message>
    <message>
      <source>{area} ha: {first} → {second}</source>
      <translation>{area} ha: {first} → {second}</translation>
    </message>
    <message>
      <source>Download MMEarth weights</source>
      <translation>MMEarth-Gewichte herunterladen</translation>
    </message>
    <message>
      <source>Fetches one of the checkpoints that the authors of MMEarth published and converts it to a weights file. They come under a licence that forbids commercial use; without ACCEPT_LICENCE the algorithm shows it and stops. The MMEarth panel lists the names.</source>
      <translation>Lädt einen der von den MMEarth-Autoren veröffentlichten Checkpoints herunter und wandelt ihn in eine Gewichtsdatei um. Die Lizenz verbietet kommerzielle Nutzung; ohne ACCEPT_LICENCE zeigt der Algorithmus sie an und bricht ab. Die Namen stehen im MMEarth-Bedienfeld.</translation>
    </message>
    <message>
      <source>Name of the checkpoint</source>
      <translation>Name des Checkpoints</translation>
    </message>
    <message>
      <source>I agree to the licence of the checkpoint</source>
      <translation>Ich stimme der Lizenz des Checkpoints zu</translation>
    </message>
    <message>
      <source>Folder for the weights (empty: that of the user)</source>
      <translation>Ordner für die Gewichte (leer: der des Benutzers)</translation>
    </message>
    <message>
      <source>Draw sample points of a map</source>
      <translation>Stichprobenpunkte einer Karte ziehen</translation>
    </message>
    <message>
      <source>Draws points at random inside each class of a class map. Fill in their field "class" without looking at the map, then use "Accuracy and area of a map".</source>
      <translation>Zieht in jeder Klasse einer Klassenkarte zufällige Punkte. Deren Feld "class" ausfüllen, ohne auf die Karte zu sehen, dann "Genauigkeit und Flächen einer Karte" verwenden.</translation>
    </message>
    <message>
      <source>Points of each class</source>
      <translation>Punkte je Klasse</translation>
    </message>
    <message>
      <source>Embed a raster</source>
      <translation>Raster einbetten</translation>
    </message>
    <message>
      <source>Computes an embedding of a Sentinel-2 raster with a pretrained encoder: for each pixel a vector that says what it and its surroundings look like. The result is a GeoTIFF on the raster's grid. A run that was interrupted goes on where it stopped; the same run again is answered from a cache.</source>
      <translation>Berechnet mit einem vortrainierten Encoder das Embedding eines Sentinel-2-Rasters: für jedes Pixel einen Vektor, der beschreibt, wie es und seine Umgebung aussehen. Das Ergebnis ist ein GeoTIFF im Pixelraster der Eingabe. Ein unterbrochener Lauf wird dort fortgesetzt, wo er aufgehört hat; derselbe Lauf wird beim nächsten Mal aus dem Cache beantwortet.</translation>
    </message>
    <message>
      <source>Data type</source>
      <translation>Datentyp</translation>
    </message>
    <message>
      <source>Taken from the cache.</source>
      <translation>Aus dem Cache übernommen.</translation>
    </message>
    <message>
      <source>Embedding of polygons or points</source>
      <translation>Embedding von Polygonen oder Punkten</translation>
    </message>
    <message>
      <source>Computes the embedding of a Sentinel-2 raster for polygons or points only: the mean over each polygon, the value at each point. The result is a table with their geometry and one column a component, as GeoPackage (.gpkg) or GeoParquet (.parquet; not every QGIS can open it).</source>
      <translation>Berechnet das Embedding eines Sentinel-2-Rasters nur für Polygone oder Punkte: den Mittelwert jedes Polygons, den Wert an jedem Punkt. Das Ergebnis ist eine Tabelle mit deren Geometrie und einer Spalte je Komponente, als GeoPackage (.gpkg) oder GeoParquet (.parquet; nicht jedes QGIS kann es öffnen).</translation>
    </message>
    <message>
      <source>Polygons or points</source>
      <translation>Polygone oder Punkte</translation>
    </message>
    <message>
      <source>Table of embeddings</source>
      <translation>Embedding-Tabelle</translation>
    </message>
    <message>
      <source>Further bands of the same scene</source>
      <translation>Weitere Kanäle derselben Szene</translation>
    </message>
    <message>
      <source>Output cell, in pixels</source>
      <translation>Ausgabezelle in Pixeln</translation>
    </message>
    <message>
      <source>Components (0: all channels)</source>
      <translation>Komponenten (0: alle Kanäle)</translation>
    </message>
    <message>
      <source>Principal components of the weights or of this scene</source>
      <translation>Hauptkomponenten der Gewichte oder dieser Szene</translation>
    </message>
    <message>
      <source>Normalisation: statistics of the weights, the scene or each tile</source>
      <translation>Normalisierung: Statistik der Gewichte, der Szene oder jeder Kachel</translation>
    </message>
    <message>
      <source>Encoder stages, 0 (finest) to 3 (coarsest)</source>
      <translation>Encoder-Stufen, 0 (feinste) bis 3 (gröbste)</translation>
    </message>
    <message>
      <source>Weights (empty: the bundled ones)</source>
      <translation>Gewichte (leer: die mitgelieferten)</translation>
    </message>
    <message>
      <source>Tiles, in pixels, a multiple of 256 (0: automatic)</source>
      <translation>Kachelgröße in Pixeln, ein Vielfaches von 256 (0: automatisch)</translation>
    </message>
    <message>
      <source>Processor threads (0: all)</source>
      <translation>Prozessor-Threads (0: alle)</translation>
    </message>
    <message>
      <source>Memory limit in MB (0: 2000)</source>
      <translation>Speichergrenze in MB (0: 2000)</translation>
    </message>
    <message>
      <source>Go on where an interrupted run stopped</source>
      <translation>Dort fortsetzen, wo ein unterbrochener Lauf aufgehört hat</translation>
    </message>
    <message>
      <source>Take the result from the cache if it is there, and keep it there</source>
      <translation>Ergebnis aus dem Cache nehmen, wenn vorhanden, und dort ablegen</translation>
    </message>
    <message>
      <source>Dask cluster: "tcp://host:port", or "local:N" for N processes (empty: none)</source>
      <translation>Dask-Cluster: "tcp://host:port" oder "local:N" für N Prozesse (leer: keiner)</translation>
    </message>
    <message>
      <source>Stages "{found}" were not understood. Write them like "0,1,2,3".</source>
      <translation>Stufen "{found}" nicht verstanden. In der Form "0,1,2,3" angeben.</translation>
    </message>
    <message>
      <source>Compare weights on a benchmark</source>
      <translation>Gewichte an einem Benchmark vergleichen</translation>
    </message>
    <message>
      <source>Compares encoders on a data set in the GEO-Bench layout: nearest neighbours, a linear probe and fine-tuning, with several seeds. Writes one table with means and spread. Models are weights files, "timm:NAME", "random" (the same network without pretraining) and "bands" (mean and spread of each band, no network).</source>
      <translation>Vergleicht Encoder an einem Datensatz im GEO-Bench-Layout: nächste Nachbarn, lineare Probe und Fine-Tuning, mit mehreren Startwerten. Schreibt eine Tabelle mit Mittelwerten und Streuung. Modelle sind Gewichtsdateien, "timm:NAME", "random" (dasselbe Netz ohne Vortraining) und "bands" (Mittelwert und Streuung jedes Kanals, ohne Netz).</translation>
    </message>
    <message>
      <source>Folder of the data set</source>
      <translation>Ordner des Datensatzes</translation>
    </message>
    <message>
      <source>Models, separated by semicolons (empty: the bundled weights, random, bands)</source>
      <translation>Modelle, durch Semikolon getrennt (leer: mitgelieferte Gewichte, random, bands)</translation>
    </message>
    <message>
      <source>Evaluations</source>
      <translation>Auswertungen</translation>
    </message>
    <message>
      <source>Partitions with the training samples, separated by semicolons (empty: default)</source>
      <translation>Partitionen mit den Trainingsdaten, durch Semikolon getrennt (leer: Standard)</translation>
    </message>
    <message>
      <source>Seeds</source>
      <translation>Startwerte</translation>
    </message>
    <message>
      <source>Epochs (0: as published)</source>
      <translation>Epochen (0: wie veröffentlicht)</translation>
    </message>
    <message>
      <source>Batch (0: as published)</source>
      <translation>Batch (0: wie veröffentlicht)</translation>
    </message>
    <message>
      <source>Device: auto, cpu, cuda, cuda:1 or mps</source>
      <translation>Gerät: auto, cpu, cuda, cuda:1 oder mps</translation>
    </message>
    <message>
      <source>Folder for the table</source>
      <translation>Ordner für die Tabelle</translation>
    </message>
    <message>
      <source>Table (.csv)</source>
      <translation>Tabelle (.csv)</translation>
    </message>
    <message>
      <source>Table to read (.md)</source>
      <translation>Lesbare Tabelle (.md)</translation>
    </message>
    <message>
      <source>Export a map</source>
      <translation>Karte exportieren</translation>
    </message>
    <message>
      <source>Writes a class map, a map of numbers or an embedding once more as a cloud-optimised GeoTIFF in another coordinate system or pixel size, with its colours and names; or the areas of its classes as polygons. Classes take the nearest pixel; numbers are averaged or interpolated.</source>
      <translation>Schreibt eine Klassenkarte, eine Wertekarte oder ein Embedding noch einmal als Cloud-optimiertes GeoTIFF in einem anderen Koordinatenbezugssystem oder mit anderer Pixelgröße, mit Farben und Namen; oder die Flächen der Klassen als Polygone. Klassen übernehmen das nächste Pixel; Zahlen werden gemittelt oder interpoliert.</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Karte</translation>
    </message>
    <message>
      <source>Coordinate system (empty: as the map)</source>
      <translation>Koordinatenbezugssystem (leer: wie die Karte)</translation>
    </message>
    <message>
      <source>Pixel size in units of that system (0: as the map)</source>
      <translation>Pixelgröße in Einheiten dieses Systems (0: wie die Karte)</translation>
    </message>
    <message>
      <source>Raster</source>
      <translation>Raster</translation>
    </message>
    <message>
      <source>Class polygons</source>
      <translation>Klassenpolygone</translation>
    </message>
    <message>
      <source>No output is chosen. Choose a raster, polygons, or both.</source>
      <translation>Keine Ausgabe gewählt. Raster, Polygone oder beides wählen.</translation>
    </message>
    <message>
      <source>Train from a few polygons</source>
      <translation>Aus wenigen Polygonen trainieren</translation>
    </message>
    <message>
      <source>Learns classes, or a number, from a few labelled polygons, and says how good it is on polygons that it did not see, beside two simple baselines. A field of decimal numbers is estimated (regression), anything else is a class; polygons of "not forest" are anything but forest. Writes a report, and a model file for the algorithm "Predict with a model".</source>
      <translation>Lernt Klassen oder einen Zahlenwert aus wenigen Label-Polygonen und gibt an, wie gut das auf ungesehenen Polygonen gelingt, im Vergleich zu zwei einfachen Referenzverfahren. Ein Feld mit Dezimalzahlen wird geschätzt (Regression), alles andere ist eine Klasse; Polygone mit "not Wald" stehen für alles außer Wald. Schreibt einen Bericht und eine Modelldatei für den Algorithmus "Mit einem Modell vorhersagen".</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Szenen</translation>
    </message>
    <message>
      <source>Label polygons</source>
      <translation>Label-Polygone</translation>
    </message>
    <message>
      <source>Field of the class, or of the number to estimate</source>
      <translation>Feld der Klasse oder des zu schätzenden Zahlenwerts</translation>
    </message>
    <message>
      <source>Values of the field to ignore, separated by semicolons</source>
      <translation>Zu ignorierende Feldwerte, durch Semikolon getrennt</translation>
    </message>
    <message>
      <source>Classes, or a number to estimate (auto: the field tells)</source>
      <translation>Klassen oder ein zu schätzender Zahlenwert (auto: je nach Feld)</translation>
    </message>
    <message>
      <source>Classifier (recipe: the recommended one)</source>
      <translation>Klassifikator (recipe: der empfohlene)</translation>
    </message>
    <message>
      <source>What is held out together for the score</source>
      <translation>Was für die Bewertung gemeinsam zurückgehalten wird</translation>
    </message>
    <message>
      <source>Use the features of an encoder</source>
      <translation>Merkmale eines Encoders verwenden</translation>
    </message>
    <message>
      <source>Models (*.zip)</source>
      <translation>Modelle (*.zip)</translation>
    </message>
    <message>
      <source>Macro F1 on held-out polygons</source>
      <translation>Macro F1 auf zurückgehaltenen Polygonen</translation>
    </message>
    <message>
      <source>Macro F1 of raw bands</source>
      <translation>Macro F1 der Rohkanäle</translation>
    </message>
    <message>
      <source>Macro F1 of the majority class</source>
      <translation>Macro F1 der Mehrheitsklasse</translation>
    </message>
    <message>
      <source>R² of a regression on held-out polygons</source>
      <translation>R² einer Regression auf zurückgehaltenen Polygonen</translation>
    </message>
    <message>
      <source>Typical error (RMSE) of a regression</source>
      <translation>Typischer Fehler (RMSE) einer Regression</translation>
    </message>
    <message>
      <source>R² on held-out polygons: {r2}; typical error (RMSE): {rmse}</source>
      <translation>R² auf zurückgehaltenen Polygonen: {r2}; typischer Fehler (RMSE): {rmse}</translation>
    </message>
    <message>
      <source>Macro F1 on held-out polygons: {score}; raw bands: {raw}; majority: {majority}</source>
      <translation>Macro F1 auf zurückgehaltenen Polygonen: {score}; Rohkanäle: {raw}; Mehrheitsklasse: {majority}</translation>
    </message>
    <message>
      <source>Fine-tune a network</source>
      <translation>Fine-Tuning eines Netzes</translation>
    </message>
    <message>
      <source>Trains a network on many labelled polygons, on class rasters (masks) or on a table of scenes, and says how good it is on labels that it did not see, beside two simple baselines. RUNG says how much is trained; auto trains more as long as that helps. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same model file. The model serves the algorithm "Predict with a model".</source>
      <translation>Trainiert ein Netz mit vielen Label-Polygonen, mit Klassenrastern (Masken) oder mit einer Szenentabelle und gibt an, wie gut es auf ungesehenen Labels ist, im Vergleich zu zwei einfachen Referenzverfahren. RUNG bestimmt, wie viel trainiert wird; auto trainiert mehr, solange das hilft. Zahlen von 0 wählt das Rezept. Ein angehaltener Lauf wird mit RESUME und derselben Modelldatei fortgesetzt. Das Modell dient dem Algorithmus "Mit einem Modell vorhersagen".</translation>
    </message>
    <message>
      <source>Field of the class</source>
      <translation>Klassenfeld</translation>
    </message>
    <message>
      <source>Folder of masks (class rasters named like their scenes), instead of polygons</source>
      <translation>Ordner mit Masken (Klassenraster, benannt wie ihre Szenen), statt Polygonen</translation>
    </message>
    <message>
      <source>Table of whole scenes (.csv with the columns "scene" and "class"), instead of polygons</source>
      <translation>Tabelle ganzer Szenen (.csv mit den Spalten "scene" und "class"), statt Polygonen</translation>
    </message>
    <message>
      <source>Task</source>
      <translation>Aufgabe</translation>
    </message>
    <message>
      <source>What is trained</source>
      <translation>Was trainiert wird</translation>
    </message>
    <message>
      <source>Epochs</source>
      <translation>Epochen</translation>
    </message>
    <message>
      <source>What a classification classifies</source>
      <translation>Was eine Klassifikation klassifiziert</translation>
    </message>
    <message>
      <source>Recipe (mmearth: as its authors fine-tune)</source>
      <translation>Rezept (mmearth: Fine-Tuning wie bei den Autoren)</translation>
    </message>
    <message>
      <source>Side of a cell, in pixels</source>
      <translation>Zellgröße in Pixeln</translation>
    </message>
    <message>
      <source>Values of the field list several classes, separated by ";"</source>
      <translation>Feldwerte nennen mehrere Klassen, durch ";" getrennt</translation>
    </message>
    <message>
      <source>Values to ignore, separated by semicolons</source>
      <translation>Zu ignorierende Werte, durch Semikolon getrennt</translation>
    </message>
    <message>
      <source>Share of the labels that is held out</source>
      <translation>Anteil der zurückgehaltenen Labels</translation>
    </message>
    <message>
      <source>Crops at once on the device</source>
      <translation>Ausschnitte gleichzeitig auf dem Gerät</translation>
    </message>
    <message>
      <source>Picture of the curves</source>
      <translation>Bild der Kurven</translation>
    </message>
    <message>
      <source>What was trained</source>
      <translation>Was trainiert wurde</translation>
    </message>
    <message>
      <source>Macro F1 on held-out labels</source>
      <translation>Macro F1 auf zurückgehaltenen Labels</translation>
    </message>
    <message>
      <source>Labels come from polygons (LABELS), masks (MASKS) or a table (TABLE); {found} was given. Give one.</source>
      <translation>Labels kommen aus Polygonen (LABELS), Masken (MASKS) oder einer Tabelle (TABLE); angegeben: {found}. Genau eine Quelle angeben.</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>Macro F1 on held-out labels: {score}; raw bands: {raw}; majority: {majority}; trained: {rung}</source>
      <translation>Macro F1 auf zurückgehaltenen Labels: {score}; Rohkanäle: {raw}; Mehrheitsklasse: {majority}; trainiert: {rung}</translation>
    </message>
    <message>
      <source>Install the backend</source>
      <translation>Backend installieren</translation>
    </message>
    <message>
      <source>Downloads or updates what MMEarth computes with, in an environment of its own, and tests it; does nothing where that was done before. Folder, graphics card and package index are those of the page "Backend" of the MMEarth panel.</source>
      <translation>Lädt oder aktualisiert in einer eigenen Umgebung, womit MMEarth rechnet, und testet es; tut nichts, wo das schon geschehen ist. Ordner, Grafikkarte und Paketindex sind die der Seite "Backend" im MMEarth-Bedienfeld.</translation>
    </message>
    <message>
      <source>Offline bundle (empty: download)</source>
      <translation>Offline-Paket (leer: herunterladen)</translation>
    </message>
    <message>
      <source>Python of the backend</source>
      <translation>Python des Backends</translation>
    </message>
    <message>
      <source>Outlines of a range of values</source>
      <translation>Umrisse eines Wertebereichs</translation>
    </message>
    <message>
      <source>Draws polygons around the pixels of a raster of one band whose value lies between two bounds, the largest first: of similar places, of a group, of a class. Holes of fewer than 8 pixels are filled. Similarity is stored as 0 to 254 for 0 to 1: a threshold of 0.6 is the value 152.</source>
      <translation>Zeichnet Polygone um die Pixel eines einkanaligen Rasters, deren Wert zwischen zwei Grenzen liegt, die größten zuerst: um ähnliche Orte, eine Gruppe oder eine Klasse. Löcher unter 8 Pixeln werden gefüllt. Ähnlichkeit ist als 0 bis 254 für 0 bis 1 gespeichert: ein Schwellenwert von 0,6 entspricht dem Wert 152.</translation>
    </message>
    <message>
      <source>Raster with one band</source>
      <translation>Raster mit einem Kanal</translation>
    </message>
    <message>
      <source>Least value that is inside</source>
      <translation>Kleinster Wert, der dazugehört</translation>
    </message>
    <message>
      <source>Greatest value that is inside</source>
      <translation>Größter Wert, der dazugehört</translation>
    </message>
    <message>
      <source>Leave out areas of fewer pixels</source>
      <translation>Flächen mit weniger Pixeln weglassen</translation>
    </message>
    <message>
      <source>Keep the largest of them only (0: all)</source>
      <translation>Nur die größten behalten (0: alle)</translation>
    </message>
    <message>
      <source>How far the outline may leave the edges of pixels, in pixels</source>
      <translation>Wie weit der Umriss von den Pixelkanten abweichen darf, in Pixeln</translation>
    </message>
    <message>
      <source>Outlines</source>
      <translation>Umrisse</translation>
    </message>
    <message>
      <source>Polygons</source>
      <translation>Polygone</translation>
    </message>
    <message>
      <source>Predict with a model</source>
      <translation>Mit einem Modell vorhersagen</translation>
    </message>
    <message>
      <source>Maps a scene with a model of "Train from a few polygons" or "Fine-tune a network": classes or values, on demand how sure each pixel is, polygons of the classes, and polygons of your own (fields, buildings) classified as wholes. A network that was fine-tuned to classify polygons or scenes as wholes gives no map: skip it, and name a file for the classified polygons.</source>
      <translation>Kartiert eine Szene mit einem Modell aus "Aus wenigen Polygonen trainieren" oder "Fine-Tuning eines Netzes": Klassen oder Werte, auf Wunsch die Sicherheit jedes Pixels, Polygone der Klassen und eigene Polygone (Schläge, Gebäude), die als Ganzes klassifiziert werden. Ein Netz, das Polygone oder Szenen als Ganzes klassifiziert, liefert keine Karte: diese überspringen und eine Datei für die klassifizierten Polygone angeben.</translation>
    </message>
    <message>
      <source>Polygons of yours to classify</source>
      <translation>Eigene Polygone, die klassifiziert werden</translation>
    </message>
    <message>
      <source>Polygons: smaller areas join a neighbour, pixels</source>
      <translation>Polygone: kleinere Flächen gehen in einem Nachbarn auf, Pixel</translation>
    </message>
    <message>
      <source>Polygons: smaller ones are left out, m²</source>
      <translation>Polygone: kleinere werden weggelassen, m²</translation>
    </message>
    <message>
      <source>Polygons: tolerance of the outline, pixels</source>
      <translation>Polygone: Toleranz des Umrisses, Pixel</translation>
    </message>
    <message>
      <source>Classes or values</source>
      <translation>Klassen oder Werte</translation>
    </message>
    <message>
      <source>Confidence</source>
      <translation>Konfidenz</translation>
    </message>
    <message>
      <source>Probability of each class</source>
      <translation>Klassenwahrscheinlichkeit</translation>
    </message>
    <message>
      <source>Margin</source>
      <translation>Abstand zur 2. Klasse</translation>
    </message>
    <message>
      <source>Entropy</source>
      <translation>Entropie</translation>
    </message>
    <message>
      <source>Unlike anything labelled</source>
      <translation>Unähnlich den Labels</translation>
    </message>
    <message>
      <source>90 % interval of a regression</source>
      <translation>90-%-Intervall einer Regression</translation>
    </message>
    <message>
      <source>Classified polygons</source>
      <translation>Klassifizierte Polygone</translation>
    </message>
    <message>
      <source>Nothing to write: both the map and the classified polygons are skipped. Name a file for one.</source>
      <translation>Nichts zu schreiben: Karte und klassifizierte Polygone werden beide übersprungen. Für eines davon eine Datei angeben.</translation>
    </message>
    <message>
      <source>Pretrain weights</source>
      <translation>Gewichte vortrainieren</translation>
    </message>
    <message>
      <source>Pretrains an encoder without labels: parts of the images are hidden, and it learns to predict them and further layers on the same ground. Data are rasters with Sentinel-2 bands or a folder in the MMEarth layout. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same weights file. The weights serve embedding and training.</source>
      <translation>Trainiert einen Encoder ohne Labels vor: Teile der Bilder werden verdeckt, und er lernt, sie und weitere Layer desselben Gebiets vorherzusagen. Daten sind Raster mit Sentinel-2-Kanälen oder ein Ordner im MMEarth-Layout. Zahlen von 0 wählt das Rezept. Ein angehaltener Lauf wird mit RESUME und derselben Gewichtsdatei fortgesetzt. Die Gewichte dienen zum Einbetten und Trainieren.</translation>
    </message>
    <message>
      <source>Rasters to learn from</source>
      <translation>Raster, aus denen gelernt wird</translation>
    </message>
    <message>
      <source>Further layers with continuous values</source>
      <translation>Weitere Layer mit kontinuierlichen Werten</translation>
    </message>
    <message>
      <source>Further layers with classes</source>
      <translation>Weitere Layer mit Klassen</translation>
    </message>
    <message>
      <source>Folder in the MMEarth layout, instead of rasters</source>
      <translation>Ordner im MMEarth-Layout, statt Rastern</translation>
    </message>
    <message>
      <source>Encoder</source>
      <translation>Encoder</translation>
    </message>
    <message>
      <source>Weights to start from (empty: random)</source>
      <translation>Gewichte, mit denen begonnen wird (leer: zufällige)</translation>
    </message>
    <message>
      <source>Recipe</source>
      <translation>Rezept</translation>
    </message>
    <message>
      <source>Patch, in pixels</source>
      <translation>Patch in Pixeln</translation>
    </message>
    <message>
      <source>Weights of the tasks</source>
      <translation>Gewichtung der Aufgaben</translation>
    </message>
    <message>
      <source>Tasks (empty: all)</source>
      <translation>Aufgaben (leer: alle)</translation>
    </message>
    <message>
      <source>Steps, instead of epochs</source>
      <translation>Schritte, statt Epochen</translation>
    </message>
    <message>
      <source>Mask ratio</source>
      <translation>Maskenanteil</translation>
    </message>
    <message>
      <source>Learn to do without some bands</source>
      <translation>Lernen, ohne einige Kanäle auszukommen</translation>
    </message>
    <message>
      <source>Reproduce the authors' code where it differs from their paper</source>
      <translation>Code der Autoren nachbilden, wo er von ihrem Artikel abweicht</translation>
    </message>
    <message>
      <source>Final loss</source>
      <translation>Endgültiger Loss</translation>
    </message>
    <message>
      <source>both</source>
      <translation>beides</translation>
    </message>
    <message>
      <source>neither</source>
      <translation>nichts davon</translation>
    </message>
    <message>
      <source>Give rasters (INPUT) or a folder in the MMEarth layout (FOLDER); {found} was given.</source>
      <translation>Raster (INPUT) oder einen Ordner im MMEarth-Layout (FOLDER) angeben; angegeben: {found}.</translation>
    </message>
    <message>
      <source>Similar places</source>
      <translation>Ähnliche Orte</translation>
    </message>
    <message>
      <source>Maps how like some places every pixel of an embedding is, without any training. What is looked for are points, polygons, or both; points that are not meant push away what is like them. The values 0 to 254 stand for a similarity of 0 to 1; 255 is nodata. The threshold that comes with the result is a first guess at where the places that are meant begin.</source>
      <translation>Kartiert ohne jedes Training, wie ähnlich jedes Pixel eines Embeddings bestimmten Orten ist. Gesucht wird nach Punkten, Polygonen oder beidem; nicht gemeinte Punkte stoßen ab, was ihnen ähnlich ist. Die Werte 0 bis 254 stehen für eine Ähnlichkeit von 0 bis 1; 255 ist Nodata. Der mitgelieferte Schwellenwert ist eine erste Schätzung, ab wo die gemeinten Orte beginnen.</translation>
    </message>
    <message>
      <source>Points of what is looked for</source>
      <translation>Punkte dessen, was gesucht wird</translation>
    </message>
    <message>
      <source>Points of what is not meant</source>
      <translation>Punkte dessen, was nicht gemeint ist</translation>
    </message>
    <message>
      <source>Polygons of what is looked for</source>
      <translation>Polygone dessen, was gesucht wird</translation>
    </message>
    <message>
      <source>First threshold, 0 to 1</source>
      <translation>Erster Schwellenwert, 0 bis 1</translation>
    </message>
    <message>
      <source>Point {number} cannot be expressed in the CRS of the embedding: {error} Remove it.</source>
      <translation>Punkt {number} lässt sich nicht im KBS des Embeddings ausdrücken: {error} Den Punkt entfernen.</translation>
    </message>
    <message>
      <source>Where to label next</source>
      <translation>Wo als Nächstes labeln</translation>
    </message>
    <message>
      <source>Finds places that would teach a model most and says why: where it is uncertain, where the ground is unlike anything labelled, where a rare class may be. The points lie apart from each other and from the polygons that there are.</source>
      <translation>Findet Orte, aus denen ein Modell am meisten lernen würde, und nennt den Grund: wo es unsicher ist, wo das Gebiet nichts Gelabeltem gleicht, wo eine seltene Klasse vorkommen könnte. Die Punkte liegen voneinander und von den vorhandenen Polygonen entfernt.</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Punkte</translation>
    </message>
    <message>
      <source>Label polygons that there are</source>
      <translation>Vorhandene Label-Polygone</translation>
    </message>
    <message>
      <source>Only inside</source>
      <translation>Nur innerhalb von</translation>
    </message>
    <message>
      <source>Band mapping, like "B2=1, B3=2" (empty: by name, wavelength or order)</source>
      <translation>Kanalzuordnung, etwa "B2=1, B3=2" (leer: nach Name, Wellenlänge oder Reihenfolge)</translation>
    </message>
    <message>
      <source>Units</source>
      <translation>Einheiten</translation>
    </message>
    <message>
      <source>Precision of the encoder</source>
      <translation>Genauigkeit des Encoders</translation>
    </message>
    <message>
      <source>Further layers that the model sees (elevation, an index), always in the same order</source>
      <translation>Weitere Layer, die das Modell sieht (Höhe, ein Index), immer in derselben Reihenfolge</translation>
    </message>
    <message>
      <source>The whole log is in "{path}".</source>
      <translation>Das vollständige Protokoll steht in "{path}".</translation>
    </message>
    <message>
      <source>Starting the backend: {python}</source>
      <translation>Backend wird gestartet: {python}</translation>
    </message>
    <message>
      <source>The backend wrote a line that is no message: {error}</source>
      <translation>Das Backend schrieb eine Zeile, die keine Meldung ist: {error}</translation>
    </message>
    <message>
      <source>Ignored a message of the backend: {event}</source>
      <translation>Meldung des Backends ignoriert: {event}</translation>
    </message>
    <message>
      <source>The backend speaks protocol version {found}; this plugin wants version {wanted}.</source>
      <translation>Das Backend spricht Protokollversion {found}; dieses Plugin braucht Version {wanted}.</translation>
    </message>
    <message>
      <source>The backend started but said nothing for {n} s.</source>
      <translation>Das Backend ist gestartet, hat aber {n} s lang nichts gemeldet.</translation>
    </message>
    <message>
      <source>The backend does not stop by itself: ending it.</source>
      <translation>Das Backend hält nicht von selbst an: es wird beendet.</translation>
    </message>
    <message>
      <source>The Python of the backend cannot be started: "{python}".</source>
      <translation>Das Python des Backends lässt sich nicht starten: "{python}".</translation>
    </message>
    <message>
      <source>The backend ended ({how}).</source>
      <translation>Das Backend endete ({how}).</translation>
    </message>
    <message>
      <source>The backend ended in the middle of the work ({how}).</source>
      <translation>Das Backend endete mitten in der Arbeit ({how}).</translation>
    </message>
    <message>
      <source>The backend ended before it was ready ({how}): {reason}.</source>
      <translation>Das Backend endete, bevor es bereit war ({how}): {reason}.</translation>
    </message>
    <message>
      <source>exit code {code}</source>
      <translation>Exit-Code {code}</translation>
    </message>
    <message>
      <source>crashed, code {code}</source>
      <translation>abgestürzt, Code {code}</translation>
    </message>
    <message>
      <source>ended by signal {number}</source>
      <translation>durch Signal {number} beendet</translation>
    </message>
    <message>
      <source>Cancelled.</source>
      <translation>Abgebrochen.</translation>
    </message>
    <message>
      <source>The colours of "{name}" are changed on the map, but not in its style file: {message}</source>
      <translation>Die Farben von "{name}" sind auf der Karte geändert, aber nicht in der Stildatei: {message}</translation>
    </message>
    <message>
      <source>Merge class "{name}" into "{target}"</source>
      <translation>Klasse "{name}" mit "{target}" verschmelzen</translation>
    </message>
    <message>
      <source>all</source>
      <translation>alle</translation>
    </message>
    <message>
      <source>Of the {n} polygons of class "{name}", {found} are selected. Select on the map some to split off.</source>
      <translation>Von den {n} Polygonen der Klasse "{name}" ausgewählt: {found}. Auf der Karte einige zum Abspalten auswählen.</translation>
    </message>
    <message>
      <source>Split class "{name}"</source>
      <translation>Klasse "{name}" aufteilen</translation>
    </message>
    <message>
      <source>Delete the polygons of class "{name}"</source>
      <translation>Polygone der Klasse "{name}" löschen</translation>
    </message>
    <message>
      <source>Polygons of layer "{name}" cannot be deleted. Choose a layer that you may write to.</source>
      <translation>Polygone des Layers "{name}" lassen sich nicht löschen. Einen Layer mit Schreibrecht wählen.</translation>
    </message>
    <message>
      <source>Rename classes</source>
      <translation>Klassen umbenennen</translation>
    </message>
    <message>
      <source>Field "{field}" of layer "{name}" cannot be changed to "{value}". Choose a class field that is stored in the layer and long enough.</source>
      <translation>Feld "{field}" des Layers "{name}" lässt sich nicht in "{value}" ändern. Ein Klassenfeld wählen, das im Layer gespeichert und lang genug ist.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited. Choose a layer that you may write to, or save a copy of it.</source>
      <translation>Layer "{name}" ist nicht bearbeitbar. Einen Layer mit Schreibrecht wählen oder eine Kopie speichern.</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 1</source>
      <translation>CORINE Land Cover, Ebene 1</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 2</source>
      <translation>CORINE Land Cover, Ebene 2</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 3</source>
      <translation>CORINE Land Cover, Ebene 3</translation>
    </message>
    <message>
      <source>EUNIS habitats, level 1</source>
      <translation>EUNIS-Lebensräume, Ebene 1</translation>
    </message>
    <message>
      <source>EUNIS habitats, level 2</source>
      <translation>EUNIS-Lebensräume, Ebene 2</translation>
    </message>
    <message>
      <source>ESA WorldCover 2021</source>
      <translation>ESA WorldCover 2021</translation>
    </message>
    <message>
      <source>Dynamic World</source>
      <translation>Dynamic World</translation>
    </message>
    <message>
      <source>"{path}" is a training input of SCP, which is not read. Save its class list as CSV and import that.</source>
      <translation>"{path}" ist eine Trainingseingabe des SCP, die nicht gelesen wird. Deren Klassenliste als CSV speichern und diese importieren.</translation>
    </message>
    <message>
      <source>"{path}" lists no class. Choose a CSV file with the columns value, name and color, or a QML style.</source>
      <translation>"{path}" nennt keine Klasse. Eine CSV-Datei mit den Spalten value, name und color oder einen QML-Stil wählen.</translation>
    </message>
    <message>
      <source>"{path}" lists {n} classes; at most {most} are wanted. Choose another file.</source>
      <translation>"{path}" nennt {n} Klassen; höchstens {most} sind erlaubt. Eine andere Datei wählen.</translation>
    </message>
    <message>
      <source>"{path}" gives value {value} to both "{a}" and "{b}". Give each class a value of its own.</source>
      <translation>"{path}" gibt den Wert {value} sowohl "{a}" als auch "{b}". Jeder Klasse einen eigenen Wert geben.</translation>
    </message>
    <message>
      <source>"{path}" cannot be written ({reason}). Choose another folder.</source>
      <translation>"{path}" lässt sich nicht schreiben ({reason}). Einen anderen Ordner wählen.</translation>
    </message>
    <message>
      <source>"{path}" is too large for a class list ({n} MB). Choose another file.</source>
      <translation>"{path}" ist zu groß für eine Klassenliste ({n} MB). Eine andere Datei wählen.</translation>
    </message>
    <message>
      <source>"{path}" cannot be read ({reason}). Choose another file.</source>
      <translation>"{path}" lässt sich nicht lesen ({reason}). Eine andere Datei wählen.</translation>
    </message>
    <message>
      <source>"{path}" is not a text file. Choose a CSV or QML file.</source>
      <translation>"{path}" ist keine Textdatei. Eine CSV- oder QML-Datei wählen.</translation>
    </message>
    <message>
      <source>"{path}" is not a table that can be read ({error}). Save it again as CSV.</source>
      <translation>"{path}" ist keine lesbare Tabelle ({error}). Erneut als CSV speichern.</translation>
    </message>
    <message>
      <source>"{path}" has the columns {found}; wanted are value, name and color. Name them in the first line.</source>
      <translation>"{path}" hat die Spalten {found}; gebraucht werden value, name und color. Diese in der ersten Zeile nennen.</translation>
    </message>
    <message>
      <source>"{path}" has the colour "{color}" for "{name}". Write colours like #1b9e3f.</source>
      <translation>"{path}" hat die Farbe "{color}" für "{name}". Farben in der Form #1b9e3f angeben.</translation>
    </message>
    <message>
      <source>"{path}" is not a QML style that can be read. Save it again from QGIS.</source>
      <translation>"{path}" ist kein lesbarer QML-Stil. Aus QGIS erneut speichern.</translation>
    </message>
    <message>
      <source>{n} classes added, {k} renamed or recoloured.</source>
      <translation>{n} Klassen hinzugefügt, {k} umbenannt oder umgefärbt.</translation>
    </message>
    <message>
      <source>Not in the file, kept because of their polygons: {names}.</source>
      <translation>Nicht in der Datei, wegen ihrer Polygone behalten: {names}.</translation>
    </message>
    <message>
      <source>More than one class is called {names}: rename one, or merge them (right-click).</source>
      <translation>Mehrere Klassen heißen {names}: eine umbenennen oder beide verschmelzen (Rechtsklick).</translation>
    </message>
    <message>
      <source>New class "{name}"</source>
      <translation>Neue Klasse "{name}"</translation>
    </message>
    <message>
      <source>{n} polygons are now "{name}". Undo takes them back.</source>
      <translation>{n} Polygone sind jetzt "{name}". "Rückgängig" nimmt das zurück.</translation>
    </message>
    <message>
      <source>Points of layer "{name}" cannot be brought to the CRS of the scene: {error} Set its CRS.</source>
      <translation>Punkte des Layers "{name}" lassen sich nicht in das KBS der Szene umrechnen: {error} Das KBS des Layers festlegen.</translation>
    </message>
    <message>
      <source>The polygons of "{name}" could not be written to "{path}": {message} Save the layer to a file.</source>
      <translation>Die Polygone von "{name}" ließen sich nicht nach "{path}" schreiben: {message} Den Layer in eine Datei speichern.</translation>
    </message>
    <message>
      <source>"{path}" holds no polygons. Choose another place or threshold.</source>
      <translation>"{path}" enthält keine Polygone. Einen anderen Ort oder Schwellenwert wählen.</translation>
    </message>
    <message>
      <source>Layer "{name}" holds no polygons. Choose a polygon layer in step "Label".</source>
      <translation>Layer "{name}" enthält keine Polygone. Im Schritt "Labels" einen Polygonlayer wählen.</translation>
    </message>
    <message>
      <source>Layer "{name}" has no field "{field}". Choose its class field in step "Label".</source>
      <translation>Layer "{name}" hat kein Feld "{field}". Sein Klassenfeld im Schritt "Labels" wählen.</translation>
    </message>
    <message>
      <source>There is no polygon to add. Choose another place, or show more with the slider.</source>
      <translation>Kein Polygon zum Hinzufügen. Einen anderen Ort wählen oder mit dem Schieberegler mehr zeigen.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited. Choose another one.</source>
      <translation>Layer "{name}" ist nicht bearbeitbar. Einen anderen wählen.</translation>
    </message>
    <message>
      <source>Polygons of class "{name}"</source>
      <translation>Polygone der Klasse "{name}"</translation>
    </message>
    <message>
      <source>Layer "{name}" took no polygons. Look at the log panel, or choose another layer.</source>
      <translation>Layer "{name}" hat keine Polygone angenommen. Im Protokoll nachsehen oder einen anderen Layer wählen.</translation>
    </message>
    <message>
      <source>The polygons cannot be expressed in the CRS of layer "{name}" ({error}). Choose another layer.</source>
      <translation>Die Polygone lassen sich nicht im KBS des Layers "{name}" ausdrücken ({error}). Einen anderen Layer wählen.</translation>
    </message>
    <message>
      <source>The report is on the clipboard. Paste it into your message, as Markdown.</source>
      <translation>Der Bericht liegt in der Zwischenablage. Als Markdown in die Nachricht einfügen.</translation>
    </message>
    <message>
      <source>Check the map</source>
      <translation>Karte prüfen</translation>
    </message>
    <message>
      <source>Open sample project</source>
      <translation>Beispielprojekt öffnen</translation>
    </message>
    <message>
      <source>Devices and checks</source>
      <translation>Geräte und Prüfungen</translation>
    </message>
    <message>
      <source>Backend</source>
      <translation>Backend</translation>
    </message>
    <message>
      <source>Settings…</source>
      <translation>Einstellungen…</translation>
    </message>
    <message>
      <source>Show the log</source>
      <translation>Protokoll anzeigen</translation>
    </message>
    <message>
      <source>Copy for a bug report</source>
      <translation>Für Fehlerbericht kopieren</translation>
    </message>
    <message>
      <source>Embedding and training use {name} from now on.</source>
      <translation>Einbetten und Training verwenden ab jetzt {name}.</translation>
    </message>
    <message>
      <source>Explore</source>
      <translation>Erkunden</translation>
    </message>
    <message>
      <source>Results</source>
      <translation>Ergebnisse</translation>
    </message>
    <message>
      <source>Pretrain</source>
      <translation>Vortraining</translation>
    </message>
    <message>
      <source>MMEarth computes in an environment of its own, and none was found. Open the MMEarth panel and click "Install the backend".</source>
      <translation>MMEarth rechnet in einer eigenen Umgebung, und es wurde keine gefunden. Das MMEarth-Bedienfeld öffnen und auf "Backend installieren" klicken.</translation>
    </message>
    <message>
      <source>The map cannot be expressed in the CRS of layer "{name}" ({error}). Choose another project CRS.</source>
      <translation>Die Karte lässt sich nicht im KBS des Layers "{name}" ausdrücken ({error}). Ein anderes Projekt-KBS wählen.</translation>
    </message>
    <message>
      <source>The layer of these groups is gone. Use "Find groups" again.</source>
      <translation>Der Layer dieser Gruppen ist nicht mehr da. Erneut "Gruppen suchen" verwenden.</translation>
    </message>
    <message>
      <source>No group is chosen. Choose one in the list.</source>
      <translation>Keine Gruppe gewählt. Eine in der Liste wählen.</translation>
    </message>
    <message>
      <source>Layer "{name}" is not in view. Zoom to it.</source>
      <translation>Layer "{name}" ist nicht im Kartenausschnitt. Auf den Layer zoomen.</translation>
    </message>
    <message>
      <source>Nothing of "{name}" is in view. Move the map to some of it.</source>
      <translation>Von "{name}" ist im Kartenausschnitt nichts zu sehen. Die Karte dorthin verschieben.</translation>
    </message>
    <message>
      <source>The values of "{name}" could not be read. Look whether its file is still there.</source>
      <translation>Die Werte von "{name}" ließen sich nicht lesen. Nachsehen, ob die Datei noch da ist.</translation>
    </message>
    <message>
      <source>Colours of the embedding</source>
      <translation>Farben des Embeddings</translation>
    </message>
    <message>
      <source>Embedding "{name}" is not in view. Zoom to the layer.</source>
      <translation>Embedding "{name}" ist nicht im Kartenausschnitt. Auf den Layer zoomen.</translation>
    </message>
    <message>
      <source>These axes need classes. Choose a label layer with two classes, in step Label.</source>
      <translation>Diese Achsen erfordern Klassen. Einen Label-Layer mit zwei Klassen wählen, im Schritt Labels.</translation>
    </message>
    <message>
      <source>Drawing…</source>
      <translation>Wird gezeichnet…</translation>
    </message>
    <message>
      <source>direction {n} ({share})</source>
      <translation>Richtung {n} ({share})</translation>
    </message>
    <message>
      <source>component {n} ({share})</source>
      <translation>Komponente {n} ({share})</translation>
    </message>
    <message>
      <source>{n} of {all} points chosen</source>
      <translation>{n} von {all} Punkten gewählt</translation>
    </message>
    <message>
      <source>{n} points, {k} of them labelled</source>
      <translation>{n} Punkte, davon {k} gelabelt</translation>
    </message>
    <message>
      <source>There are no points yet. Draw them first.</source>
      <translation>Es gibt noch keine Punkte. Zuerst welche zeichnen.</translation>
    </message>
    <message>
      <source>No points are chosen. Draw a lasso around some, with Shift held.</source>
      <translation>Keine Punkte gewählt. Mit gehaltener Umschalttaste ein Lasso um einige ziehen.</translation>
    </message>
    <message>
      <source>The chosen points cannot be written to "{path}": {message} Free space on the disk.</source>
      <translation>Die gewählten Punkte lassen sich nicht nach "{path}" schreiben: {message} Platz auf der Festplatte schaffen.</translation>
    </message>
    <message>
      <source>Chosen points</source>
      <translation>Gewählte Punkte</translation>
    </message>
    <message>
      <source>Save as picture</source>
      <translation>Als Bild speichern</translation>
    </message>
    <message>
      <source>Pictures (*.png)</source>
      <translation>Bilder (*.png)</translation>
    </message>
    <message>
      <source>The picture "{path}" cannot be written. Choose another folder.</source>
      <translation>Das Bild "{path}" lässt sich nicht schreiben. Einen anderen Ordner wählen.</translation>
    </message>
    <message>
      <source>Reading the embedding… You can click already.</source>
      <translation>Das Embedding wird gelesen… Klicken ist schon möglich.</translation>
    </message>
    <message>
      <source>Nothing is looked for yet.</source>
      <translation>Noch wird nichts gesucht.</translation>
    </message>
    <message>
      <source>Click a place on the map.</source>
      <translation>Einen Ort auf der Karte anklicken.</translation>
    </message>
    <message>
      <source>This place lies outside embedding "{name}". Click inside it.</source>
      <translation>Dieser Ort liegt außerhalb des Embeddings "{name}". Innerhalb klicken.</translation>
    </message>
    <message>
      <source>No polygon is selected. Select polygons of the active layer, or choose a class that has some.</source>
      <translation>Kein Polygon ausgewählt. Polygone des aktiven Layers auswählen oder eine Klasse wählen, die welche hat.</translation>
    </message>
    <message>
      <source>Click a place that is meant, too.</source>
      <translation>Auch einen Ort anklicken, der gemeint ist.</translation>
    </message>
    <message>
      <source>Looking…</source>
      <translation>Wird gesucht…</translation>
    </message>
    <message>
      <source>There is no layer of similar places any more. Pick a place on the map.</source>
      <translation>Den Layer ähnlicher Orte gibt es nicht mehr. Einen Ort auf der Karte wählen.</translation>
    </message>
    <message>
      <source>No similar place is in view. Move the map to some.</source>
      <translation>Im Kartenausschnitt ist kein ähnlicher Ort. Die Karte zu einigen verschieben.</translation>
    </message>
    <message>
      <source>Nothing in view is similar enough. Move the slider to the left, or the map.</source>
      <translation>Nichts im Kartenausschnitt ist ähnlich genug. Den Regler nach links oder die Karte verschieben.</translation>
    </message>
    <message>
      <source>The {n} largest areas become polygons.</source>
      <translation>Die {n} größten Flächen werden Polygone.</translation>
    </message>
    <message>
      <source>Like one place</source>
      <translation>Wie ein Ort</translation>
    </message>
    <message>
      <source>Like {n} places</source>
      <translation>Ähnlich wie {n} Ort(e)</translation>
    </message>
    <message>
      <source>Like the polygons</source>
      <translation>Ähnlich wie die Polygone</translation>
    </message>
    <message>
      <source> and the polygons</source>
      <translation> und die Polygone</translation>
    </message>
    <message>
      <source>, unlike {n}</source>
      <translation>, unähnlich: {n}</translation>
    </message>
    <message>
      <source>The result "{path}" could not be loaded. Look at the log panel.</source>
      <translation>Das Ergebnis "{path}" ließ sich nicht laden. Im Protokoll nachsehen.</translation>
    </message>
    <message>
      <source>Close other programs, choose a smaller extent or set a lower memory limit, then start it again.</source>
      <translation>Andere Programme schließen, eine kleinere Ausdehnung wählen oder eine niedrigere Speichergrenze setzen, dann erneut starten.</translation>
    </message>
    <message>
      <source>The system ended it, most likely because the memory was full.</source>
      <translation>Das System hat den Prozess beendet, höchstwahrscheinlich weil der Arbeitsspeicher voll war.</translation>
    </message>
    <message>
      <source>The memory of the graphics card is full.</source>
      <translation>Der Speicher der Grafikkarte ist voll.</translation>
    </message>
    <message>
      <source>Close other programs that use the card, choose a smaller batch, or choose the CPU as device.</source>
      <translation>Andere Programme schließen, die die Grafikkarte nutzen, einen kleineren Batch wählen oder die CPU als Gerät wählen.</translation>
    </message>
    <message>
      <source>The driver of the graphics card is too old for this version of PyTorch.</source>
      <translation>Der Treiber der Grafikkarte ist zu alt für diese Version von PyTorch.</translation>
    </message>
    <message>
      <source>Update the NVIDIA driver and restart the computer, or choose the CPU as device.</source>
      <translation>Den NVIDIA-Treiber aktualisieren und den Computer neu starten oder die CPU als Gerät wählen.</translation>
    </message>
    <message>
      <source>This version of PyTorch was not built for this graphics card.</source>
      <translation>Diese Version von PyTorch wurde nicht für diese Grafikkarte gebaut.</translation>
    </message>
    <message>
      <source>Choose the CPU as device, or use an environment of your own with a PyTorch made for the card.</source>
      <translation>Die CPU als Gerät wählen oder eine eigene Umgebung mit einem für die Karte gebauten PyTorch verwenden.</translation>
    </message>
    <message>
      <source>There was not enough memory, or the Windows paging file is too small.</source>
      <translation>Der Arbeitsspeicher reichte nicht, oder die Auslagerungsdatei von Windows ist zu klein.</translation>
    </message>
    <message>
      <source>The disk was full while packages were unpacked.</source>
      <translation>Die Festplatte war beim Entpacken der Pakete voll.</translation>
    </message>
    <message>
      <source>Free space on the disk of the backend, or choose another folder for it (panel MMEarth &gt; … &gt; Backend), then try again.</source>
      <translation>Platz auf der Festplatte des Backends schaffen oder einen anderen Ordner dafür wählen (Bedienfeld MMEarth &gt; … &gt; Backend), dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The disk was full while packages were downloaded, or your share of it is used up.</source>
      <translation>Die Festplatte war beim Herunterladen der Pakete voll, oder das eigene Speicherkontingent (Quota) ist aufgebraucht.</translation>
    </message>
    <message>
      <source>Free space there, or choose another folder for the backend, then try again: what was downloaded is kept.</source>
      <translation>Dort Platz schaffen oder einen anderen Ordner für das Backend wählen, dann erneut versuchen: Bereits Heruntergeladenes bleibt erhalten.</translation>
    </message>
    <message>
      <source>The disk is full, or your share of it is used up.</source>
      <translation>Die Festplatte ist voll, oder das eigene Speicherkontingent (Quota) ist aufgebraucht.</translation>
    </message>
    <message>
      <source>Free space on the disk of the output folder and of the temporary files, then start it again.</source>
      <translation>Platz auf der Festplatte des Ausgabeordners und der temporären Dateien schaffen, dann erneut starten.</translation>
    </message>
    <message>
      <source>A path is longer than Windows allows.</source>
      <translation>Ein Pfad ist länger, als Windows erlaubt.</translation>
    </message>
    <message>
      <source>Have long paths enabled in Windows (LongPathsEnabled), or use an environment of your own in a folder with a short path.</source>
      <translation>Lange Pfade in Windows aktivieren lassen (LongPathsEnabled) oder eine eigene Umgebung in einem Ordner mit kurzem Pfad verwenden.</translation>
    </message>
    <message>
      <source>A policy of this computer forbids the program to run.</source>
      <translation>Eine Richtlinie dieses Computers verbietet, das Programm auszuführen.</translation>
    </message>
    <message>
      <source>Ask your administrator to allow the Python of the environment, or use one that is allowed.</source>
      <translation>Die Systemadministration bitten, das Python der Umgebung zuzulassen, oder ein zugelassenes verwenden.</translation>
    </message>
    <message>
      <source>Windows refused access to a file: another program holds it, often a virus scanner.</source>
      <translation>Windows hat den Zugriff auf eine Datei verweigert: Ein anderes Programm hält sie geöffnet, oft ein Virenscanner.</translation>
    </message>
    <message>
      <source>Close other QGIS windows and wait a minute, then try again; if it happens again, have the folder of the QGIS profile left out of the virus scan.</source>
      <translation>Andere QGIS-Fenster schließen, eine Minute warten und erneut versuchen; tritt es wieder auf, den Ordner des QGIS-Profils vom Virenscan ausnehmen lassen.</translation>
    </message>
    <message>
      <source>A file or folder is read-only or belongs to someone else: "{said}".</source>
      <translation>Eine Datei oder ein Ordner ist schreibgeschützt oder gehört jemand anderem: "{said}".</translation>
    </message>
    <message>
      <source>Make it writable for yourself, or start QGIS with a profile in a folder that is (--profiles-path).</source>
      <translation>Für den eigenen Benutzer beschreibbar machen oder QGIS mit einem Profil in einem beschreibbaren Ordner starten (--profiles-path).</translation>
    </message>
    <message>
      <source>The proxy of this network asks for a user name and a password (407).</source>
      <translation>Der Proxy dieses Netzwerks verlangt Benutzername und Passwort (407).</translation>
    </message>
    <message>
      <source>Enter them in QGIS under Settings &gt; Options &gt; Network, "Use proxy for web access", then try again; your administrator knows them.</source>
      <translation>Beides in QGIS unter Einstellungen &gt; Optionen &gt; Netzwerk, "Proxy für Webzugriff verwenden", eintragen, dann erneut versuchen; die Systemadministration kennt die Angaben.</translation>
    </message>
    <message>
      <source>The proxy that is set for QGIS does not answer.</source>
      <translation>Der in QGIS eingestellte Proxy antwortet nicht.</translation>
    </message>
    <message>
      <source>Check the proxy in QGIS under Settings &gt; Options &gt; Network, then try again.</source>
      <translation>Den Proxy in QGIS unter Einstellungen &gt; Optionen &gt; Netzwerk prüfen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The certificate of the server is not trusted; often a proxy or a virus scanner reads the connection.</source>
      <translation>Das Zertifikat des Servers gilt nicht als vertrauenswürdig; oft liest ein Proxy oder ein Virenscanner die Verbindung mit.</translation>
    </message>
    <message>
      <source>Ask your administrator for the certificate of the network and import it in QGIS under Settings &gt; Options &gt; Authentication &gt; Manage Certificates &gt; Authorities, then try again; check the computer's clock, too.</source>
      <translation>Das Zertifikat des Netzwerks bei der Systemadministration erfragen und in QGIS unter Einstellungen &gt; Optionen &gt; Authentifizierung &gt; Zertifikate verwalten &gt; Autoritäten importieren, dann erneut versuchen; auch die Uhr des Computers prüfen.</translation>
    </message>
    <message>
      <source>A web page of "{host}" came in place of the file, as from a network that wants you to log in first.</source>
      <translation>Statt der Datei kam eine Webseite von "{host}", wie aus einem Netzwerk, das zuerst eine Anmeldung verlangt.</translation>
    </message>
    <message>
      <source>Open any page in a web browser and log in to the network, and check the proxy in QGIS under Settings &gt; Options &gt; Network and the address of the package index, then try again.</source>
      <translation>Eine beliebige Seite im Webbrowser öffnen und sich im Netzwerk anmelden, den Proxy in QGIS unter Einstellungen &gt; Optionen &gt; Netzwerk und die Adresse des Paketindex prüfen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The server does not have the file ({status}).</source>
      <translation>Der Server hat die Datei nicht ({status}).</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend), or update the plugin.</source>
      <translation>Die Adresse des Paketindex prüfen (Bedienfeld MMEarth &gt; … &gt; Backend) oder das Plugin aktualisieren.</translation>
    </message>
    <message>
      <source>The server, or a firewall before it, refuses access ({status}).</source>
      <translation>Der Server oder eine vorgeschaltete Firewall verweigert den Zugriff ({status}).</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend), with user name and password where it wants them, or ask your administrator to allow it.</source>
      <translation>Die Adresse des Paketindex prüfen (Bedienfeld MMEarth &gt; … &gt; Backend), mit Benutzername und Passwort, falls er sie verlangt, oder die Systemadministration bitten, den Zugriff freizugeben.</translation>
    </message>
    <message>
      <source>The server has a fault of its own ({status}).</source>
      <translation>Auf dem Server selbst ist ein Fehler aufgetreten ({status}).</translation>
    </message>
    <message>
      <source>Try again later: what was downloaded is kept.</source>
      <translation>Später erneut versuchen: Bereits Heruntergeladenes bleibt erhalten.</translation>
    </message>
    <message>
      <source>The server sends on to an address that is not secure, or in circles.</source>
      <translation>Der Server leitet auf eine unsichere Adresse oder im Kreis weiter.</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend); it begins with https://.</source>
      <translation>Die Adresse des Paketindex prüfen (Bedienfeld MMEarth &gt; … &gt; Backend); sie beginnt mit https://.</translation>
    </message>
    <message>
      <source>The server cannot be reached: there is no network, or a firewall stands before it.</source>
      <translation>Der Server ist nicht erreichbar: Es gibt kein Netzwerk, oder eine Firewall blockiert die Verbindung.</translation>
    </message>
    <message>
      <source>Connect to the internet, check the proxy in QGIS under Settings &gt; Options &gt; Network, or have the firewall allow the server, then try again.</source>
      <translation>Mit dem Internet verbinden, den Proxy in QGIS unter Einstellungen &gt; Optionen &gt; Netzwerk prüfen oder den Server in der Firewall freigeben lassen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The connection broke off, or stood still for too long.</source>
      <translation>Die Verbindung brach ab oder stand zu lange still.</translation>
    </message>
    <message>
      <source>Try again: what was downloaded is kept. Where the network is slow, raise the timeout in QGIS under Settings &gt; Options &gt; Network.</source>
      <translation>Erneut versuchen: Bereits Heruntergeladenes bleibt erhalten. Bei langsamem Netzwerk die Zeitüberschreitung in QGIS unter Einstellungen &gt; Optionen &gt; Netzwerk erhöhen.</translation>
    </message>
    <message>
      <source>Put the address of the proxy, with user name and password, into the variable HTTPS_PROXY before QGIS starts, then try again; your administrator knows it.</source>
      <translation>Vor dem Start von QGIS die Adresse des Proxys mit Benutzername und Passwort in die Variable HTTPS_PROXY eintragen, dann erneut versuchen; die Systemadministration kennt sie.</translation>
    </message>
    <message>
      <source>Ask your administrator for the certificate of the network, and set the variables PIP_CERT and SSL_CERT_FILE to its file before QGIS starts; check the computer's clock, too.</source>
      <translation>Das Zertifikat des Netzwerks bei der Systemadministration erfragen und vor dem Start von QGIS die Variablen PIP_CERT und SSL_CERT_FILE auf dessen Datei setzen; auch die Uhr des Computers prüfen.</translation>
    </message>
    <message>
      <source>The proxy that is set for this computer does not answer.</source>
      <translation>Der auf diesem Computer eingestellte Proxy antwortet nicht.</translation>
    </message>
    <message>
      <source>Check the variables HTTP_PROXY and HTTPS_PROXY and the proxy of the system, then try again.</source>
      <translation>Die Variablen HTTP_PROXY und HTTPS_PROXY und den Proxy des Systems prüfen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>Connect to the internet or have the firewall allow it, then try again.</source>
      <translation>Mit dem Internet verbinden oder die Verbindung in der Firewall freigeben lassen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The connection broke off during a download.</source>
      <translation>Die Verbindung brach während eines Downloads ab.</translation>
    </message>
    <message>
      <source>Try again, with a faster or a steadier network if there is one.</source>
      <translation>Erneut versuchen, möglichst in einem schnelleren oder stabileren Netzwerk.</translation>
    </message>
    <message>
      <source>A downloaded package is not the one that is expected: its content is damaged or was changed.</source>
      <translation>Ein heruntergeladenes Paket ist nicht das erwartete: Sein Inhalt ist beschädigt oder wurde verändert.</translation>
    </message>
    <message>
      <source>Try again; if it happens again, a proxy changes downloads: ask your administrator, install nothing.</source>
      <translation>Erneut versuchen; tritt es wieder auf, verändert ein Proxy die Downloads: die Systemadministration fragen, nichts installieren.</translation>
    </message>
    <message>
      <source>Install the backend again (panel MMEarth &gt; … &gt; Backend).</source>
      <translation>Das Backend neu installieren (Bedienfeld MMEarth &gt; … &gt; Backend).</translation>
    </message>
    <message>
      <source>This system is older than the packages: {library} is missing.</source>
      <translation>Dieses System ist älter, als die Pakete voraussetzen: {library} fehlt.</translation>
    </message>
    <message>
      <source>Update the system, or use an environment of your own with packages made for it.</source>
      <translation>Das System aktualisieren oder eine eigene Umgebung mit dafür gebauten Paketen verwenden.</translation>
    </message>
    <message>
      <source>The program was made for another kind of processor or system.</source>
      <translation>Das Programm wurde für einen anderen Prozessortyp oder ein anderes System gebaut.</translation>
    </message>
    <message>
      <source>Choose a Python of 64 bits made for this computer, then install the backend again.</source>
      <translation>Ein für diesen Computer gebautes 64-Bit-Python wählen, dann das Backend neu installieren.</translation>
    </message>
    <message>
      <source>Windows could not load a library; most often the Visual C++ runtime is missing or old.</source>
      <translation>Windows konnte eine Bibliothek nicht laden; meist fehlt die Visual-C++-Laufzeitumgebung oder ist veraltet.</translation>
    </message>
    <message>
      <source>Install "Microsoft Visual C++ Redistributable 2015-2022 (x64)" from Microsoft, restart the computer and try again; if that does not help, install the backend again.</source>
      <translation>"Microsoft Visual C++ Redistributable 2015-2022 (x64)" von Microsoft installieren, den Computer neu starten und erneut versuchen; hilft das nicht, das Backend neu installieren.</translation>
    </message>
    <message>
      <source>The system lacks the library "{library}".</source>
      <translation>Dem System fehlt die Bibliothek "{library}".</translation>
    </message>
    <message>
      <source>Install it with the package manager of the system, then try again.</source>
      <translation>Mit der Paketverwaltung des Systems installieren, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The Python is too old, or too new, for the packages of the backend.</source>
      <translation>Das Python ist zu alt oder zu neu für die Pakete des Backends.</translation>
    </message>
    <message>
      <source>Choose a Python from 3.11 to 3.13, then install the backend again.</source>
      <translation>Ein Python von 3.11 bis 3.13 wählen, dann das Backend neu installieren.</translation>
    </message>
    <message>
      <source>The folder of the plugin is not complete.</source>
      <translation>Der Ordner des Plugins ist unvollständig.</translation>
    </message>
    <message>
      <source>Remove the plugin, install it again and restart QGIS.</source>
      <translation>Das Plugin entfernen, neu installieren und QGIS neu starten.</translation>
    </message>
    <message>
      <source>The packages of the environment do not fit together: NumPy, PyTorch or GDAL was replaced.</source>
      <translation>Die Pakete der Umgebung passen nicht zusammen: NumPy, PyTorch oder GDAL wurde ausgetauscht.</translation>
    </message>
    <message>
      <source>The environment of the backend is not complete: the module "{module}" is missing.</source>
      <translation>Die Umgebung des Backends ist unvollständig: Das Modul "{module}" fehlt.</translation>
    </message>
    <message>
      <source>A library used an instruction that this processor does not have, as ones without AVX.</source>
      <translation>Eine Bibliothek nutzte einen Befehl, den dieser Prozessor nicht kennt, etwa weil ihm AVX fehlt.</translation>
    </message>
    <message>
      <source>Use a newer computer, or an environment of your own with a PyTorch built for this processor.</source>
      <translation>Einen neueren Computer verwenden oder eine eigene Umgebung mit einem für diesen Prozessor gebauten PyTorch.</translation>
    </message>
    <message>
      <source>A file that was in use became shorter or unreachable: a full disk, or a network folder that went away.</source>
      <translation>Eine Datei wurde während der Nutzung kürzer oder war nicht mehr erreichbar: Die Festplatte ist voll, oder ein Netzwerkordner ist weggefallen.</translation>
    </message>
    <message>
      <source>Check the disk and the network folder, copy the scene to a local disk and start it again.</source>
      <translation>Festplatte und Netzwerkordner prüfen, die Szene auf eine lokale Festplatte kopieren und erneut starten.</translation>
    </message>
    <message>
      <source>A library of the backend crashed (access to memory that is not its own).</source>
      <translation>Eine Bibliothek des Backends ist abgestürzt (Zugriff auf fremden Speicher).</translation>
    </message>
    <message>
      <source>Start it again; if it happens again, choose the CPU as device, update the graphics driver or build the environment again, and report it with the log, please.</source>
      <translation>Erneut starten; tritt es wieder auf, die CPU als Gerät wählen, den Grafiktreiber aktualisieren oder die Umgebung erneut einrichten und den Fehler bitte mit dem Protokoll melden.</translation>
    </message>
    <message>
      <source>A library of the backend gave up because of an error of its own.</source>
      <translation>Eine Bibliothek des Backends hat wegen eines eigenen Fehlers abgebrochen.</translation>
    </message>
    <message>
      <source>Start it again; if it happens again, report it with the log, please.</source>
      <translation>Erneut starten; tritt es wieder auf, bitte mit dem Protokoll melden.</translation>
    </message>
    <message>
      <source>Another program or the end of the session ended it.</source>
      <translation>Ein anderes Programm oder das Ende der Sitzung hat den Prozess beendet.</translation>
    </message>
    <message>
      <source>Start it again.</source>
      <translation>Erneut starten.</translation>
    </message>
    <message>
      <source>Its last words were: "{line}".</source>
      <translation>Die letzte Meldung war: "{line}".</translation>
    </message>
    <message>
      <source>It left no word.</source>
      <translation>Es gab keine Meldung.</translation>
    </message>
    <message>
      <source>Try again; if it happens again, report it with the log, please.</source>
      <translation>Erneut versuchen; tritt es wieder auf, bitte mit dem Protokoll melden.</translation>
    </message>
    <message>
      <source>&lt;b&gt;There is no backend yet.&lt;/b&gt;</source>
      <translation>&lt;b&gt;Es gibt noch kein Backend.&lt;/b&gt;</translation>
    </message>
    <message>
      <source>&lt;b&gt;In use:&lt;/b&gt; {python}, which was not installed here.</source>
      <translation>&lt;b&gt;In Gebrauch:&lt;/b&gt; {python}, nicht von hier aus installiert.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Installed&lt;/b&gt; on {date}: packages {build}, Python {python}, {size} in {place}.</source>
      <translation>&lt;b&gt;Installiert&lt;/b&gt; am {date}: Pakete {build}, Python {python}, {size} in {place}.</translation>
    </message>
    <message>
      <source>"{file}" is not a complete offline bundle ({error}). Copy it again, or make it again.</source>
      <translation>"{file}" ist kein vollständiges Offline-Paket ({error}). Neu kopieren oder neu erstellen.</translation>
    </message>
    <message>
      <source>The bundle "{file}" is for "{found}"; "{wanted}" is wanted. Make one for it, or choose that build.</source>
      <translation>Das Offline-Paket "{file}" ist für "{found}"; benötigt wird eines für "{wanted}". Ein passendes erstellen oder unter "Pakete" die Variante des Offline-Pakets wählen.</translation>
    </message>
    <message>
      <source>The bundle "{file}" belongs to another version of the plugin. Make it again with this version.</source>
      <translation>Das Offline-Paket "{file}" gehört zu einer anderen Version des Plugins. Mit dieser Version neu erstellen.</translation>
    </message>
    <message>
      <source>"{file}" has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed.</source>
      <translation>"{file}" hat den SHA-256-Wert {found}…, erwartet wird aber {wanted}…: Die Datei ist beschädigt oder wurde verändert.</translation>
    </message>
    <message>
      <source>Downloading Python {version}</source>
      <translation>Python {version} wird heruntergeladen</translation>
    </message>
    <message>
      <source>Writing the bundle</source>
      <translation>Offline-Paket wird geschrieben</translation>
    </message>
    <message>
      <source>"{file}" from {host} has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed, and was removed. Try again; if it happens again, a proxy or a mirror changes downloads: ask your administrator, or choose another package index.</source>
      <translation>"{file}" von {host} hat den SHA-256-Wert {found}…, erwartet wird aber {wanted}…: Die Datei ist beschädigt oder wurde verändert und wurde entfernt. Erneut versuchen; tritt es wieder auf, verändert ein Proxy oder ein Spiegelserver die Downloads: die Systemadministration fragen oder einen anderen Paketindex wählen.</translation>
    </message>
    <message>
      <source>"{file}" was not downloaded from {host}.</source>
      <translation>"{file}" wurde nicht von {host} heruntergeladen.</translation>
    </message>
    <message>
      <source>"{file}" on {host} has {found} bytes, but {wanted} are wanted: it is not the same file. Choose another package index, or update the plugin.</source>
      <translation>"{file}" auf {host} hat {found} Bytes, erwartet werden aber {wanted}: Es ist nicht dieselbe Datei. Einen anderen Paketindex wählen oder das Plugin aktualisieren.</translation>
    </message>
    <message>
      <source>"{file}" cannot be written in "{folder}".</source>
      <translation>"{file}" lässt sich nicht in "{folder}" schreiben.</translation>
    </message>
    <message>
      <source>The disk of "{folder}" has {free} free, but the downloads want {wanted}. Free space there or choose another folder for the backend, then try again.</source>
      <translation>Auf der Festplatte von "{folder}" sind {free} frei, die Downloads brauchen aber {wanted}. Dort Platz schaffen oder einen anderen Ordner für das Backend wählen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>The downloads in "{folder}" cannot be read.</source>
      <translation>Die Downloads in "{folder}" lassen sich nicht lesen.</translation>
    </message>
    <message>
      <source>Downloading the installer (uv)</source>
      <translation>Installationsprogramm (uv) wird heruntergeladen</translation>
    </message>
    <message>
      <source>Looking for the installer (uv)</source>
      <translation>Installationsprogramm (uv) wird gesucht</translation>
    </message>
    <message>
      <source>Asking where the packages are</source>
      <translation>Fundorte der Pakete werden abgefragt</translation>
    </message>
    <message>
      <source>Downloading packages</source>
      <translation>Pakete werden heruntergeladen</translation>
    </message>
    <message>
      <source>"{address}" is not the address of a package index. Enter one that begins with https://.</source>
      <translation>"{address}" ist nicht die Adresse eines Paketindex. Eine eingeben, die mit https:// beginnt.</translation>
    </message>
    <message>
      <source>The package index "{host}" is not secure (http). Enter one that begins with https://.</source>
      <translation>Der Paketindex "{host}" ist nicht sicher (http). Eine Adresse eingeben, die mit https:// beginnt.</translation>
    </message>
    <message>
      <source>Another QGIS installs the backend now; waiting for it.</source>
      <translation>Ein anderes QGIS installiert gerade das Backend; es wird darauf gewartet.</translation>
    </message>
    <message>
      <source>Unpacking the bundle</source>
      <translation>Offline-Paket wird entpackt</translation>
    </message>
    <message>
      <source>Making the environment</source>
      <translation>Umgebung wird angelegt</translation>
    </message>
    <message>
      <source>Installing packages</source>
      <translation>Pakete werden installiert</translation>
    </message>
    <message>
      <source>Testing: one real tile on each device</source>
      <translation>Test: eine echte Kachel auf jedem Gerät</translation>
    </message>
    <message>
      <source>The self-test failed: {reason} {place}</source>
      <translation>Der Selbsttest ist fehlgeschlagen: {reason} {place}</translation>
    </message>
    <message>
      <source>Self-test passed</source>
      <translation>Selbsttest bestanden</translation>
    </message>
    <message>
      <source>The CPU gave no result.</source>
      <translation>Die CPU lieferte kein Ergebnis.</translation>
    </message>
    <message>
      <source>The CPU is missing among the devices.</source>
      <translation>Die CPU fehlt unter den Geräten.</translation>
    </message>
    <message>
      <source>about {size}</source>
      <translation>etwa {size}</translation>
    </message>
    <message>
      <source>Downloads {size} ({build}), about {disk} on disk, into {place}. Free packages: PyTorch and others under BSD, MIT and similar licences.</source>
      <translation>Download: {size} ({build}), auf der Festplatte etwa {disk}; Ort: {place}. Freie Pakete: PyTorch und andere unter BSD-, MIT- und ähnlichen Lizenzen.</translation>
    </message>
    <message>
      <source>Those of NVIDIA come under NVIDIA's own licence.</source>
      <translation>Die Pakete von NVIDIA stehen unter NVIDIAs eigener Lizenz.</translation>
    </message>
    <message>
      <source>the QGIS profile</source>
      <translation>QGIS-Profil</translation>
    </message>
    <message>
      <source>The backend was removed.</source>
      <translation>Das Backend wurde entfernt.</translation>
    </message>
    <message>
      <source>The backend is installed and its self-test passed: {seconds} s, {size} on disk.</source>
      <translation>Das Backend ist installiert, der Selbsttest bestanden: {seconds} s, {size} auf der Festplatte.</translation>
    </message>
    <message>
      <source>The offline bundle is written: "{path}", {size}.</source>
      <translation>Das Offline-Paket ist geschrieben: "{path}", {size}.</translation>
    </message>
    <message>
      <source>Cancelled. What was downloaded is kept: the next try goes on from there.</source>
      <translation>Abgebrochen. Bereits Heruntergeladenes bleibt erhalten: Der nächste Versuch setzt dort fort.</translation>
    </message>
    <message>
      <source>Could not be removed: "{path}". Close other QGIS windows, then remove it by hand.</source>
      <translation>Ließ sich nicht entfernen: "{path}". Andere QGIS-Fenster schließen, dann von Hand entfernen.</translation>
    </message>
    <message>
      <source>for the processor</source>
      <translation>für den Prozessor</translation>
    </message>
    <message>
      <source>for NVIDIA cards, CUDA 13</source>
      <translation>für NVIDIA-Karten, CUDA 13</translation>
    </message>
    <message>
      <source>for older NVIDIA cards, CUDA 12.6</source>
      <translation>für ältere NVIDIA-Karten, CUDA 12.6</translation>
    </message>
    <message>
      <source>for Apple silicon</source>
      <translation>für Apple Silicon</translation>
    </message>
    <message>
      <source>No address of a package index is known, so nothing can be downloaded. Enter one on the page "Backend", or install from an offline bundle.</source>
      <translation>Es ist keine Adresse eines Paketindex bekannt, daher lässt sich nichts herunterladen. Auf der Seite "Backend" eine eingeben oder aus einem Offline-Paket installieren.</translation>
    </message>
    <message>
      <source>There are no packages for this kind of computer ("{platform}"). Use an environment of your own.</source>
      <translation>Für diese Art von Computer ("{platform}") gibt es keine Pakete. Eine eigene Umgebung verwenden.</translation>
    </message>
    <message>
      <source>The package index "{host}" has no package "{package}". Check the address of the index (panel MMEarth &gt; … &gt; Backend), or update the plugin.</source>
      <translation>Der Paketindex "{host}" hat kein Paket "{package}". Die Adresse des Index prüfen (Bedienfeld MMEarth &gt; … &gt; Backend) oder das Plugin aktualisieren.</translation>
    </message>
    <message>
      <source>The package index "{host}" did not answer for the package "{package}".</source>
      <translation>Der Paketindex "{host}" hat auf die Anfrage nach dem Paket "{package}" nicht geantwortet.</translation>
    </message>
    <message>
      <source>The package index "{host}" does not have the file "{file}". Update the plugin; if it is the newest, choose another index (panel MMEarth &gt; … &gt; Backend).</source>
      <translation>Der Paketindex "{host}" hat die Datei "{file}" nicht. Das Plugin aktualisieren; ist es schon das neueste, einen anderen Index wählen (Bedienfeld MMEarth &gt; … &gt; Backend).</translation>
    </message>
    <message>
      <source>The package index "{host}" sent no list of files for the package "{package}".</source>
      <translation>Der Paketindex "{host}" hat keine Dateiliste für das Paket "{package}" gesendet.</translation>
    </message>
    <message>
      <source>"{program}" cannot be started.</source>
      <translation>"{program}" lässt sich nicht starten.</translation>
    </message>
    <message>
      <source>A step ended with code {code}: "{line}".</source>
      <translation>Ein Schritt endete mit Code {code}: "{line}".</translation>
    </message>
    <message>
      <source>Looking for a Python</source>
      <translation>Python wird gesucht</translation>
    </message>
    <message>
      <source>The bundle has no Python in it, and this computer has no Python {version}. Install Python {version}, or choose one in the options of the installation.</source>
      <translation>Das Offline-Paket enthält kein Python, und auf diesem Computer gibt es kein Python {version}. Python {version} installieren oder in den Optionen der Installation eines wählen.</translation>
    </message>
    <message>
      <source>Unpacking Python {version}</source>
      <translation>Python {version} wird entpackt</translation>
    </message>
    <message>
      <source>"{python}" is not a working Python. Choose another program.</source>
      <translation>"{python}" ist kein funktionierendes Python. Ein anderes Programm wählen.</translation>
    </message>
    <message>
      <source>"{python}" is {found}; the backend wants CPython, the Python of python.org. Choose another one.</source>
      <translation>"{python}" ist {found}; das Backend braucht CPython, das Python von python.org. Ein anderes wählen.</translation>
    </message>
    <message>
      <source>"{python}" is made for "{found}"; the backend wants a Python for "{wanted}". Choose another one.</source>
      <translation>"{python}" ist für "{found}" gebaut; das Backend braucht ein Python für "{wanted}". Ein anderes wählen.</translation>
    </message>
    <message>
      <source>32 bits</source>
      <translation>32 Bit</translation>
    </message>
    <message>
      <source>"{python}" is Python {found}; the backend wants {wanted}. Choose another one.</source>
      <translation>"{python}" ist Python {found}; das Backend braucht {wanted}. Ein anderes wählen.</translation>
    </message>
    <message>
      <source>The backend cannot be written in "{folder}".</source>
      <translation>Das Backend lässt sich nicht in "{folder}" schreiben.</translation>
    </message>
    <message>
      <source>{done} of {all}</source>
      <translation>{done} von {all}</translation>
    </message>
    <message>
      <source>There is no Python for this kind of computer; choose one of your own.</source>
      <translation>Für diese Art von Computer gibt es kein Python; ein eigenes wählen.</translation>
    </message>
    <message>
      <source>Copied. Paste it into a new issue at {url}, below what you did and what happened.</source>
      <translation>Kopiert. In einen neuen Fehlerbericht unter {url} einfügen, unter die Beschreibung, was getan wurde und was geschah.</translation>
    </message>
    <message>
      <source>Shows the jobs that start after the running one, in this order.</source>
      <translation>Zeigt in dieser Reihenfolge die Aufträge, die nach dem laufenden beginnen.</translation>
    </message>
    <message>
      <source>{n} waiting</source>
      <translation>{n} wartend</translation>
    </message>
    <message>
      <source>Take "{name}" out of the queue</source>
      <translation>"{name}" aus der Warteschlange nehmen</translation>
    </message>
    <message>
      <source>Progress</source>
      <translation>Fortschritt</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Cancel all</source>
      <translation>Alle abbrechen</translation>
    </message>
    <message>
      <source>Taken from the cache: {names}</source>
      <translation>Aus dem Cache übernommen: {names}</translation>
    </message>
    <message>
      <source>Done in {time}: {names}</source>
      <translation>Fertig in {time}: {names}</translation>
    </message>
    <message>
      <source>"{name}" is being written by a job that runs or waits already. Wait for it, cancel it, or choose another file name.</source>
      <translation>"{name}" wird schon von einem laufenden oder wartenden Auftrag geschrieben. Auf ihn warten, ihn abbrechen oder einen anderen Dateinamen wählen.</translation>
    </message>
    <message>
      <source>Starting…</source>
      <translation>Startet…</translation>
    </message>
    <message>
      <source>{name}: done, but its project was closed meanwhile. The result is in {path}</source>
      <translation>{name}: fertig, aber das zugehörige Projekt wurde inzwischen geschlossen. Das Ergebnis liegt in {path}</translation>
    </message>
    <message>
      <source>{name}: done, but a layer that it belongs to was removed meanwhile. The result is in {path}</source>
      <translation>{name}: fertig, aber ein zugehöriger Layer wurde inzwischen entfernt. Das Ergebnis liegt in {path}</translation>
    </message>
    <message>
      <source>Cancelling…</source>
      <translation>Wird abgebrochen…</translation>
    </message>
    <message>
      <source>Layer "{name}" holds points. Use "Point", or choose a polygon layer.</source>
      <translation>Layer "{name}" enthält Punkte. "Punkt" verwenden oder einen Polygonlayer wählen.</translation>
    </message>
    <message>
      <source>Added to "{name}": {n} pixels.</source>
      <translation>Zu "{name}" hinzugefügt: {n} Pixel.</translation>
    </message>
    <message>
      <source>No class is chosen. Choose one in the list, or add one, and draw then.</source>
      <translation>Keine Klasse gewählt. Eine in der Liste wählen oder hinzufügen, dann zeichnen.</translation>
    </message>
    <message>
      <source>How large a pixel is, is not known. Choose a raster layer in step "Scene" first.</source>
      <translation>Die Pixelgröße ist nicht bekannt. Zuerst im Schritt "Szene" einen Rasterlayer wählen.</translation>
    </message>
    <message>
      <source>Looking for what is alike… The first time, the embedding is read.</source>
      <translation>Ähnliches wird gesucht… Beim ersten Mal wird das Embedding gelesen.</translation>
    </message>
    <message>
      <source>{n} pixels. Enter takes them.</source>
      <translation>{n} Pixel. Die Eingabetaste übernimmt sie.</translation>
    </message>
    <message>
      <source>Class "{name}"</source>
      <translation>Klasse "{name}"</translation>
    </message>
    <message>
      <source>No class has the key {digit}. Choose one in the list, or add one.</source>
      <translation>Keine Klasse hat die Taste {digit}. Eine in der Liste wählen oder hinzufügen.</translation>
    </message>
    <message>
      <source>Saved in "{name}".</source>
      <translation>In "{name}" gespeichert.</translation>
    </message>
    <message>
      <source>Click the corners; a right click ends the polygon.</source>
      <translation>Die Ecken anklicken; ein Rechtsklick beendet das Polygon.</translation>
    </message>
    <message>
      <source>Drag from corner to corner. Escape drops the shape.</source>
      <translation>Von Ecke zu Ecke ziehen. Esc verwirft die Form.</translation>
    </message>
    <message>
      <source>Hold the button down and draw the outline. Escape drops it.</source>
      <translation>Maustaste gedrückt halten und den Umriss zeichnen. Esc verwirft ihn.</translation>
    </message>
    <message>
      <source>Click pixels, or paint with the button held down.</source>
      <translation>Pixel anklicken oder mit gedrückter Maustaste malen.</translation>
    </message>
    <message>
      <source>Click a place; Shift+click adds one. Enter takes the area, Escape drops it.</source>
      <translation>Einen Ort anklicken; Umschalt+Klick fügt einen hinzu. Die Eingabetaste übernimmt die Fläche, Esc verwirft sie.</translation>
    </message>
    <message>
      <source>The label layer "{path}" cannot be written: {message} Choose another output folder.</source>
      <translation>Der Label-Layer "{path}" lässt sich nicht schreiben: {message} Einen anderen Ausgabeordner wählen.</translation>
    </message>
    <message>
      <source>The classes of "{name}" are not kept in its file, but in the project: {problem}</source>
      <translation>Die Klassen von "{name}" liegen nicht in der Datei, sondern im Projekt: {problem}</translation>
    </message>
    <message>
      <source>Class {n}</source>
      <translation>Klasse {n}</translation>
    </message>
    <message>
      <source>Layers "{a}" and "{b}" lie in different coordinate systems ({found}, {wanted}) and cannot be one scene. Choose layers in one coordinate system, or reproject one of them.</source>
      <translation>Die Layer "{a}" und "{b}" liegen in verschiedenen Koordinatenbezugssystemen ({found}, {wanted}) und können nicht eine Szene sein. Layer im selben Koordinatenbezugssystem wählen oder einen davon umprojizieren.</translation>
    </message>
    <message>
      <source>{name} and {n} more</source>
      <translation>{name} und {n} weitere</translation>
    </message>
    <message>
      <source>No raster layer is chosen. Add the scene to the project and choose it.</source>
      <translation>Kein Rasterlayer gewählt. Die Szene zum Projekt hinzufügen und wählen.</translation>
    </message>
    <message>
      <source>"{name}" is not a working raster layer. Choose another layer.</source>
      <translation>"{name}" ist kein funktionierender Rasterlayer. Einen anderen Layer wählen.</translation>
    </message>
    <message>
      <source>a web tile service</source>
      <translation>ein Web-Kacheldienst</translation>
    </message>
    <message>
      <source>Layer "{name}" is {service}, which holds pictures or remote data instead of band values in a file. Save it first: right-click the layer, Export, Save As…, raw data, GeoTIFF; then choose the saved layer.</source>
      <translation>Die Quelle des Layers "{name}" ist {service}; sie enthält Bilder oder entfernte Daten statt Kanalwerten in einer Datei. Zuerst speichern: Rechtsklick auf den Layer, Exportieren, Speichern als…, Rohdaten, GeoTIFF; dann den gespeicherten Layer wählen.</translation>
    </message>
    <message>
      <source>The file of layer "{name}" was not found: "{path}". Choose a raster that is stored in a file.</source>
      <translation>Die Datei des Layers "{name}" wurde nicht gefunden: "{path}". Ein Raster wählen, das in einer Datei gespeichert ist.</translation>
    </message>
    <message>
      <source>The extent cannot be expressed in the CRS of layer "{name}": {error} Choose another extent.</source>
      <translation>Die Ausdehnung lässt sich nicht im KBS des Layers "{name}" ausdrücken: {error} Eine andere Ausdehnung wählen.</translation>
    </message>
    <message>
      <source>The extent lies outside layer "{name}": {found} does not meet {wanted} ({crs}). Zoom to the layer, draw another rectangle, or use the whole layer.</source>
      <translation>Die Ausdehnung liegt außerhalb des Layers "{name}": {found} trifft nicht auf {wanted} ({crs}). Auf den Layer zoomen, ein anderes Rechteck zeichnen oder den ganzen Layer verwenden.</translation>
    </message>
    <message>
      <source>no CRS</source>
      <translation>kein KBS</translation>
    </message>
    <message>
      <source>Band mapping "{part}" was not understood. Write it like "B2=1, B3=2, B4=3".</source>
      <translation>Kanalzuordnung "{part}" nicht verstanden. In der Form "B2=1, B3=2, B4=3" angeben.</translation>
    </message>
    <message>
      <source>No working vector layer is chosen. Choose one, or make a new one.</source>
      <translation>Kein funktionierender Vektorlayer gewählt. Einen wählen oder einen neuen anlegen.</translation>
    </message>
    <message>
      <source>Folder "{folder}" cannot be made ({reason}). Choose another output folder.</source>
      <translation>Ordner "{folder}" lässt sich nicht anlegen ({reason}). Einen anderen Ausgabeordner wählen.</translation>
    </message>
    <message>
      <source>Folder "{folder}" is not writable. Choose another output folder.</source>
      <translation>Ordner "{folder}" ist nicht beschreibbar. Einen anderen Ausgabeordner wählen.</translation>
    </message>
    <message>
      <source>The place cannot be shown on the map ({error}). Choose another project CRS.</source>
      <translation>Der Ort lässt sich auf der Karte nicht anzeigen ({error}). Ein anderes Projekt-KBS wählen.</translation>
    </message>
    <message>
      <source>Many polygons: fine-tune a network</source>
      <translation>Viele Polygone: Fine-Tuning eines Netzes</translation>
    </message>
    <message>
      <source>Choose the polygons to classify in step "Map", and predict.</source>
      <translation>Im Schritt "Karte" die zu klassifizierenden Polygone wählen und vorhersagen.</translation>
    </message>
    <message>
      <source>; {n} more layers, not ticked yet</source>
      <translation>; {n} weitere Layer, noch nicht angehakt</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one in step "Label", or use "New label layer".</source>
      <translation>Kein Label-Layer gewählt. Im Schritt "Labels" einen wählen oder "Neuer Label-Layer" verwenden.</translation>
    </message>
    <message>
      <source>Draw a polygon around the point: it becomes "{name}".</source>
      <translation>Ein Polygon um den Punkt zeichnen: es wird "{name}".</translation>
    </message>
    <message>
      <source>Draw a polygon around the point.</source>
      <translation>Ein Polygon um den Punkt zeichnen.</translation>
    </message>
    <message>
      <source>The map is hidden, so that it tells no answers.</source>
      <translation>Die Karte ist ausgeblendet, damit sie keine Antworten verrät.</translation>
    </message>
    <message>
      <source>Backend {version}, protocol {protocol}: {versions}; devices: {devices}</source>
      <translation>Backend {version}, Protokoll {protocol}: {versions}; Geräte: {devices}</translation>
    </message>
    <message>
      <source>Training</source>
      <translation>Training</translation>
    </message>
    <message>
      <source>Fine-tuning</source>
      <translation>Fine-Tuning</translation>
    </message>
    <message>
      <source>Evaluation</source>
      <translation>Auswertung</translation>
    </message>
    <message>
      <source>Places to label</source>
      <translation>Orte zum Labeln</translation>
    </message>
    <message>
      <source>Accuracy</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <source>Pretraining</source>
      <translation>Vortraining</translation>
    </message>
    <message>
      <source>Adaptation</source>
      <translation>Anpassung</translation>
    </message>
    <message>
      <source>Similarity</source>
      <translation>Ähnlichkeit</translation>
    </message>
    <message>
      <source>Clusters</source>
      <translation>Cluster</translation>
    </message>
    <message>
      <source>Scatter plot</source>
      <translation>Streudiagramm</translation>
    </message>
    <message>
      <source>Comparison</source>
      <translation>Vergleich</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Export</translation>
    </message>
    <message>
      <source>Download</source>
      <translation>Download</translation>
    </message>
    <message>
      <source>Conversion</source>
      <translation>Umwandlung</translation>
    </message>
    <message>
      <source>Device test</source>
      <translation>Gerätetest</translation>
    </message>
    <message>
      <source>{job}: {file}</source>
      <translation>{job}: {file}</translation>
    </message>
    <message>
      <source>Choose another layer, extent, field or band mapping.</source>
      <translation>Layer, Ausdehnung, Feld oder Kanalzuordnung ändern.</translation>
    </message>
    <message>
      <source>Choose other weights or another model.</source>
      <translation>Andere Gewichte oder ein anderes Modell wählen.</translation>
    </message>
    <message>
      <source>Choose a smaller extent, free memory or disk, or choose another device.</source>
      <translation>Eine kleinere Ausdehnung wählen, Arbeits- oder Plattenspeicher freigeben oder ein anderes Gerät wählen.</translation>
    </message>
    <message>
      <source>Look at the log panel "MMEarth" and report it, please.</source>
      <translation>Bitte im Protokoll "MMEarth" nachsehen und den Fehler melden.</translation>
    </message>
    <message>
      <source>working</source>
      <translation>in Arbeit</translation>
    </message>
    <message>
      <source>less than a second</source>
      <translation>weniger als eine Sekunde</translation>
    </message>
    <message>
      <source>{n} s</source>
      <translation>{n} s</translation>
    </message>
    <message>
      <source>{n} min</source>
      <translation>{n} min</translation>
    </message>
    <message>
      <source>{n} h</source>
      <translation>{n} h</translation>
    </message>
    <message>
      <source>{time} left</source>
      <translation>noch {time}</translation>
    </message>
    <message>
      <source>Recommended</source>
      <translation>Empfohlen</translation>
    </message>
    <message>
      <source>Nearest prototype</source>
      <translation>Nächster Prototyp</translation>
    </message>
    <message>
      <source>Nearest neighbours</source>
      <translation>Nächste Nachbarn</translation>
    </message>
    <message>
      <source>Ridge regression</source>
      <translation>Ridge-Regression</translation>
    </message>
    <message>
      <source>Ridge</source>
      <translation>Ridge</translation>
    </message>
    <message>
      <source>Logistic regression</source>
      <translation>Logistische Regression</translation>
    </message>
    <message>
      <source>Random forest</source>
      <translation>Random Forest</translation>
    </message>
    <message>
      <source>Small neural network</source>
      <translation>Kleines neuronales Netz</translation>
    </message>
    <message>
      <source>Automatic</source>
      <translation>Automatisch</translation>
    </message>
    <message>
      <source>Linear probe</source>
      <translation>Lineare Probe</translation>
    </message>
    <message>
      <source>Decoder</source>
      <translation>Decoder</translation>
    </message>
    <message>
      <source>Last stages</source>
      <translation>Letzte Stufen</translation>
    </message>
    <message>
      <source>Everything</source>
      <translation>Alles</translation>
    </message>
    <message>
      <source>Quick classifier</source>
      <translation>Schnellklassifikator</translation>
    </message>
    <message>
      <source>Step {step} of {total}: {values}</source>
      <translation>Schritt {step} von {total}: {values}</translation>
    </message>
    <message>
      <source>less than 1 MB</source>
      <translation>weniger als 1 MB</translation>
    </message>
    <message>
      <source>{n} MB</source>
      <translation>{n} MB</translation>
    </message>
    <message>
      <source>{n} GB</source>
      <translation>{n} GB</translation>
    </message>
    <message>
      <source>none was found</source>
      <translation>nicht gefunden</translation>
    </message>
    <message>
      <source>The Python that has PyTorch and rasterio. Empty: the environment that the panel builds.</source>
      <translation>Das Python mit PyTorch und rasterio. Leer: die Umgebung, die das Bedienfeld einrichtet.</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Ordner für Ergebnisse</translation>
    </message>
    <message>
      <source>Empty: the folder "mmearth" beside the project, or among your documents.</source>
      <translation>Leer: der Ordner "mmearth" neben dem Projekt oder unter den eigenen Dokumenten.</translation>
    </message>
    <message>
      <source> GB</source>
      <translation> GB</translation>
    </message>
    <message>
      <source>switched off</source>
      <translation>ausgeschaltet</translation>
    </message>
    <message>
      <source>Embeddings are kept up to this size, so that the same request is not computed twice.</source>
      <translation>Embeddings werden bis zu dieser Größe aufbewahrt, damit dieselbe Anfrage nicht zweimal berechnet wird.</translation>
    </message>
    <message>
      <source>Fewer leave room for other programs. Counts when the backend starts next.</source>
      <translation>Weniger lässt anderen Programmen Platz. Gilt ab dem nächsten Start des Backends.</translation>
    </message>
    <message>
      <source>Tell me when a long job ends while QGIS is in the background</source>
      <translation>Melden, wenn ein langer Auftrag endet, während QGIS im Hintergrund ist</translation>
    </message>
    <message>
      <source>The language follows QGIS: Settings ▸ Options ▸ General.</source>
      <translation>Die Sprache folgt QGIS: Einstellungen ▸ Optionen ▸ Allgemein.</translation>
    </message>
    <message>
      <source>Cache of embeddings</source>
      <translation>Embedding-Cache</translation>
    </message>
    <message>
      <source>Processor threads</source>
      <translation>Prozessor-Threads</translation>
    </message>
    <message>
      <source>MMEarth</source>
      <translation>MMEarth</translation>
    </message>
    <message>
      <source>Weights for images of another sensor, without labels: the encoder learns from ground that a known sensor has seen too.</source>
      <translation>Gewichte für Bilder eines anderen Sensors, ohne Labels: Der Encoder lernt in Gebieten, die auch ein bekannter Sensor gesehen hat.</translation>
    </message>
    <message>
      <source>Bundled weights</source>
      <translation>Mitgelieferte Gewichte</translation>
    </message>
    <message>
      <source>Those of step "Scene"</source>
      <translation>Die des Schritts "Szene"</translation>
    </message>
    <message>
      <source>Weights file</source>
      <translation>Gewichtsdatei</translation>
    </message>
    <message>
      <source>The weights that understand the reference; the new ones begin with them.</source>
      <translation>Die Gewichte, die die Referenz verstehen; die neuen beginnen mit ihnen.</translation>
    </message>
    <message>
      <source>Agree</source>
      <translation>Übereinstimmen</translation>
    </message>
    <message>
      <source>Agree and contrast</source>
      <translation>Mit Kontrast</translation>
    </message>
    <message>
      <source>X-STARS</source>
      <translation>X-STARS</translation>
    </message>
    <message>
      <source>Fill gaps</source>
      <translation>Lücken füllen</translation>
    </message>
    <message>
      <source>Adapt</source>
      <translation>Anpassen</translation>
    </message>
    <message>
      <source>as the images</source>
      <translation>wie die Bilder</translation>
    </message>
    <message>
      <source>Pixel size that the new encoder works at. Larger is faster, with less detail.</source>
      <translation>Pixelgröße, mit der der neue Encoder arbeitet. Größer ist schneller, mit weniger Einzelheiten.</translation>
    </message>
    <message>
      <source>automatic</source>
      <translation>automatisch</translation>
    </message>
    <message>
      <source>Side of a window in pixels of the reference, a multiple of the weights' patch.</source>
      <translation>Seite eines Fensters in Pixeln der Referenz, ein Vielfaches des Patches der Gewichte.</translation>
    </message>
    <message>
      <source>nothing</source>
      <translation>nichts</translation>
    </message>
    <message>
      <source>the same ground</source>
      <translation>dasselbe Gebiet</translation>
    </message>
    <message>
      <source>other ground in each</source>
      <translation>jeweils ein anderes</translation>
    </message>
    <message>
      <source>What is hidden in the images of a pair while the encoder learns to fill gaps.</source>
      <translation>Was in den Bildern eines Paars verdeckt wird, während der Encoder lernt, Lücken zu füllen.</translation>
    </message>
    <message>
      <source>A raster of classes: places with like classes shall look alike to the encoder.</source>
      <translation>Ein Klassenraster: Orte mit ähnlichen Klassen sollen für den Encoder ähnlich aussehen.</translation>
    </message>
    <message>
      <source>until no gain</source>
      <translation>bis ohne Gewinn</translation>
    </message>
    <message>
      <source>Correct a shift</source>
      <translation>Versatz korrigieren</translation>
    </message>
    <message>
      <source>Takes out the shift between the images of a pair, where one is found.</source>
      <translation>Nimmt den Versatz zwischen den Bildern eines Paars heraus, wo einer gefunden wird.</translation>
    </message>
    <message>
      <source>From random weights</source>
      <translation>Mit zufälligen Gewichten</translation>
    </message>
    <message>
      <source>For comparison: what is learned without the weights to begin with.</source>
      <translation>Zum Vergleich: was ohne die Gewichte als Anfang gelernt wird.</translation>
    </message>
    <message>
      <source>Advanced</source>
      <translation>Erweitert</translation>
    </message>
    <message>
      <source>Resolution</source>
      <translation>Auflösung</translation>
    </message>
    <message>
      <source>Window</source>
      <translation>Fenster</translation>
    </message>
    <message>
      <source>Hide</source>
      <translation>Verdecken</translation>
    </message>
    <message>
      <source>Land cover</source>
      <translation>Bedeckung</translation>
    </message>
    <message>
      <source>Learn to</source>
      <translation>Lernt</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>Speichern als</translation>
    </message>
    <message>
      <source>There is no weights file "{path}". Choose one that understands the reference.</source>
      <translation>Die Gewichtsdatei "{path}" gibt es nicht. Eine wählen, die die Referenz versteht.</translation>
    </message>
    <message>
      <source>The new encoder says of a place what the known one says of it.</source>
      <translation>Der neue Encoder sagt über einen Ort dasselbe wie der bekannte.</translation>
    </message>
    <message>
      <source>The same, and places look as different to it as to the known encoder.</source>
      <translation>Dasselbe, und Orte sehen für ihn so verschieden aus wie für den bekannten Encoder.</translation>
    </message>
    <message>
      <source>The published method: contrasts places and learns from views of the same image. Several times slower. For comparison.</source>
      <translation>Das veröffentlichte Verfahren: grenzt Orte voneinander ab und lernt aus Ansichten desselben Bildes. Mehrfach langsamer. Zum Vergleich.</translation>
    </message>
    <message>
      <source>Fills hidden parts of the new images. Learns nothing from the reference; for comparison.</source>
      <translation>Füllt verdeckte Teile der neuen Bilder. Lernt nichts von der Referenz; zum Vergleich.</translation>
    </message>
    <message>
      <source>Agreement on held-out places appears here.</source>
      <translation>Hier erscheint die Übereinstimmung an zurückgehaltenen Orten.</translation>
    </message>
    <message>
      <source>Pairs of the same ground. Click to open it in full size.</source>
      <translation>Paare desselben Gebiets. Klicken, um das Bild in voller Größe zu öffnen.</translation>
    </message>
    <message>
      <source>Use these weights</source>
      <translation>Diese Gewichte verwenden</translation>
    </message>
    <message>
      <source>Embedding and training use them from now on, as step "Scene" says.</source>
      <translation>Einbetten und Training verwenden sie ab jetzt, wie im Schritt "Szene" angegeben.</translation>
    </message>
    <message>
      <source>Comparing the images…</source>
      <translation>Die Bilder werden verglichen…</translation>
    </message>
    <message>
      <source>Step {step} of at most {total}</source>
      <translation>Schritt {step} von höchstens {total}</translation>
    </message>
    <message>
      <source>; held-out places: retrieval@1 {share} %, cosine {cosine}</source>
      <translation>; zurückgehaltene Orte: Retrieval@1 {share} %, Kosinus {cosine}</translation>
    </message>
    <message>
      <source>held-out places gained no more</source>
      <translation>zurückgehaltene Orte gewannen nichts mehr</translation>
    </message>
    <message>
      <source>all steps done</source>
      <translation>alle Schritte getan</translation>
    </message>
    <message>
      <source>&lt;b&gt;{name}&lt;/b&gt;: {steps} steps in {time}; {ended}.</source>
      <translation>&lt;b&gt;{name}&lt;/b&gt;: {steps} Schritte in {time}; {ended}.</translation>
    </message>
    <message>
      <source>Stopped; saved after step {n}.</source>
      <translation>Angehalten; gespeichert nach Schritt {n}.</translation>
    </message>
    <message>
      <source>Stopped.</source>
      <translation>Angehalten.</translation>
    </message>
    <message>
      <source> The best weights so far are kept.</source>
      <translation> Die bisher besten Gewichte sind gespeichert.</translation>
    </message>
    <message>
      <source>choose a class map</source>
      <translation>Klassenkarte wählen</translation>
    </message>
    <message>
      <source>Draw sample points</source>
      <translation>Stichprobenpunkte ziehen</translation>
    </message>
    <message>
      <source>At random inside each class. Say what is there without looking at the map.</source>
      <translation>Zufällig in jeder Klasse. Angeben, was dort ist, ohne auf die Karte zu sehen.</translation>
    </message>
    <message>
      <source>choose a point layer</source>
      <translation>Punktlayer wählen</translation>
    </message>
    <message>
      <source>What is there in truth. Choosing a class goes on to the next point without one.</source>
      <translation>Was dort wirklich ist. Die Wahl einer Klasse führt zum nächsten Punkt ohne Klasse.</translation>
    </message>
    <message>
      <source>Previous</source>
      <translation>Zurück</translation>
    </message>
    <message>
      <source>Next</source>
      <translation>Weiter</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Vergleichen</translation>
    </message>
    <message>
      <source>Open report</source>
      <translation>Bericht öffnen</translation>
    </message>
    <message>
      <source>Points per class</source>
      <translation>Punkte/Klasse</translation>
    </message>
    <message>
      <source>It is</source>
      <translation>Dort ist</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Stichprobe</translation>
    </message>
    <message>
      <source>No point layer is chosen. Use "Draw sample points" and say what is there, or choose a layer.</source>
      <translation>Kein Punktlayer gewählt. "Stichprobenpunkte ziehen" verwenden und angeben, was dort ist, oder einen Layer wählen.</translation>
    </message>
    <message>
      <source>Layer "{name}" could not be saved: {errors} Save it yourself and try again.</source>
      <translation>Layer "{name}" ließ sich nicht speichern: {errors} Selbst speichern und erneut versuchen.</translation>
    </message>
    <message>
      <source>not known yet</source>
      <translation>noch unbekannt</translation>
    </message>
    <message>
      <source>No class map is chosen. Make one in step "Train" or "Map", or choose one that a prediction wrote.</source>
      <translation>Keine Klassenkarte gewählt. Im Schritt "Training" oder "Karte" eine erstellen oder eine wählen, die eine Vorhersage geschrieben hat.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Point {n} of {all}&lt;/b&gt;, {done} with a class</source>
      <translation>&lt;b&gt;Punkt {n} von {all}&lt;/b&gt;, {done} mit Klasse</translation>
    </message>
    <message>
      <source>Packages</source>
      <translation>Pakete</translation>
    </message>
    <message>
      <source>Folder for the backend</source>
      <translation>Ordner für das Backend</translation>
    </message>
    <message>
      <source>in the QGIS profile</source>
      <translation>im QGIS-Profil</translation>
    </message>
    <message>
      <source>Python to make the environment from</source>
      <translation>Python, aus dem die Umgebung entsteht</translation>
    </message>
    <message>
      <source>found or fetched by itself</source>
      <translation>automatisch gesucht oder geladen</translation>
    </message>
    <message>
      <source>as the system has it</source>
      <translation>wie im System eingestellt</translation>
    </message>
    <message>
      <source>Address of a package index (a mirror of your organisation, for example).</source>
      <translation>Adresse eines Paketindex (zum Beispiel eines Spiegelservers der eigenen Organisation).</translation>
    </message>
    <message>
      <source>as packaged</source>
      <translation>wie mitgeliefert</translation>
    </message>
    <message>
      <source>Address of PyTorch's own index, or of a mirror: it has builds for more cards.</source>
      <translation>Adresse des PyTorch-eigenen Index oder eines Spiegelservers: Dort gibt es Varianten für mehr Grafikkarten.</translation>
    </message>
    <message>
      <source>Install from an offline bundle…</source>
      <translation>Aus Offline-Paket installieren…</translation>
    </message>
    <message>
      <source>Make an offline bundle…</source>
      <translation>Offline-Paket erstellen…</translation>
    </message>
    <message>
      <source>One file with all packages and a Python, for a computer of this kind without network.</source>
      <translation>Eine Datei mit allen Paketen und einem Python, für einen gleichartigen Computer ohne Netzwerk.</translation>
    </message>
    <message>
      <source>Use my own environment…</source>
      <translation>Eigene Umgebung verwenden…</translation>
    </message>
    <message>
      <source>Compute on another machine…</source>
      <translation>Auf anderem Rechner rechnen…</translation>
    </message>
    <message>
      <source>Install it again</source>
      <translation>Neu installieren</translation>
    </message>
    <message>
      <source>For a backend that does not start any more: its packages are fetched anew.</source>
      <translation>Für ein Backend, das nicht mehr startet: Seine Pakete werden neu geladen.</translation>
    </message>
    <message>
      <source>Remove the backend…</source>
      <translation>Backend entfernen…</translation>
    </message>
    <message>
      <source>Update the backend</source>
      <translation>Backend aktualisieren</translation>
    </message>
    <message>
      <source>{title} (recommended)</source>
      <translation>{title} (empfohlen)</translation>
    </message>
    <message>
      <source>Options of the installation</source>
      <translation>Optionen der Installation</translation>
    </message>
    <message>
      <source>Folder</source>
      <translation>Ordner</translation>
    </message>
    <message>
      <source>Python</source>
      <translation>Python</translation>
    </message>
    <message>
      <source>Package index</source>
      <translation>Paketindex</translation>
    </message>
    <message>
      <source>PyTorch's index</source>
      <translation>PyTorch-Index</translation>
    </message>
    <message>
      <source>Choose the Python of an environment that has backend/requirements.txt installed</source>
      <translation>Das Python einer Umgebung wählen, in der backend/requirements.txt installiert ist</translation>
    </message>
    <message>
      <source>Choose an offline bundle</source>
      <translation>Offline-Paket wählen</translation>
    </message>
    <message>
      <source>Write an offline bundle</source>
      <translation>Offline-Paket schreiben</translation>
    </message>
    <message>
      <source>Remove the backend from this computer? Your results, models and weights stay.</source>
      <translation>Das Backend von diesem Computer entfernen? Eigene Ergebnisse, Modelle und Gewichte bleiben erhalten.</translation>
    </message>
    <message>
      <source>Remove the backend</source>
      <translation>Backend entfernen</translation>
    </message>
    <message>
      <source>Reset</source>
      <translation>Zurücksetzen</translation>
    </message>
    <message>
      <source>Forget the bands and units chosen for layers like this one, and take what is proposed</source>
      <translation>Die für solche Layer gewählten Kanäle und Einheiten vergessen und den Vorschlag übernehmen</translation>
    </message>
    <message>
      <source>by name</source>
      <translation>nach Namen</translation>
    </message>
    <message>
      <source>by wavelength</source>
      <translation>nach Wellenlänge</translation>
    </message>
    <message>
      <source>by order</source>
      <translation>nach Reihenfolge</translation>
    </message>
    <message>
      <source>by colour</source>
      <translation>nach Farbe</translation>
    </message>
    <message>
      <source>chosen</source>
      <translation>gewählt</translation>
    </message>
    <message>
      <source>Bands: {found} of {wanted}, {how}</source>
      <translation>Kanäle: {found}/{wanted}, {how}</translation>
    </message>
    <message>
      <source>Bands: choose which is which</source>
      <translation>Kanäle: zuordnen</translation>
    </message>
    <message>
      <source>not in this layer</source>
      <translation>nicht in diesem Layer</translation>
    </message>
    <message>
      <source>band {n}: {name}</source>
      <translation>Kanal {n}: {name}</translation>
    </message>
    <message>
      <source>Rename</source>
      <translation>Umbenennen</translation>
    </message>
    <message>
      <source>Colour…</source>
      <translation>Farbe…</translation>
    </message>
    <message>
      <source>Take into account</source>
      <translation>Berücksichtigen</translation>
    </message>
    <message>
      <source>Ignore</source>
      <translation>Ignorieren</translation>
    </message>
    <message>
      <source>Move up</source>
      <translation>Nach oben</translation>
    </message>
    <message>
      <source>Move down</source>
      <translation>Nach unten</translation>
    </message>
    <message>
      <source>Merge into</source>
      <translation>Verschmelzen mit</translation>
    </message>
    <message>
      <source>Split: selected polygons become a class</source>
      <translation>Aufteilen: ausgewählte Polygone werden eine Klasse</translation>
    </message>
    <message>
      <source>Select its polygons</source>
      <translation>Ihre Polygone auswählen</translation>
    </message>
    <message>
      <source>Zoom to its polygons</source>
      <translation>Auf ihre Polygone zoomen</translation>
    </message>
    <message>
      <source>Remove with its {n} polygons</source>
      <translation>Mit ihren {n} Polygonen entfernen</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Import from a file…</source>
      <translation>Aus Datei importieren…</translation>
    </message>
    <message>
      <source>Export as CSV…</source>
      <translation>Als CSV exportieren…</translation>
    </message>
    <message>
      <source>Export as class list of SCP…</source>
      <translation>Als Klassenliste des SCP exportieren…</translation>
    </message>
    <message>
      <source>Export as QML style…</source>
      <translation>Als QML-Stil exportieren…</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Klasse</translation>
    </message>
    <message>
      <source>Add a class</source>
      <translation>Klasse hinzufügen</translation>
    </message>
    <message>
      <source>Remove the chosen class</source>
      <translation>Gewählte Klasse entfernen</translation>
    </message>
    <message>
      <source>Undo the last change of the class list</source>
      <translation>Letzte Änderung der Klassenliste rückgängig machen</translation>
    </message>
    <message>
      <source>Scheme</source>
      <translation>Schema</translation>
    </message>
    <message>
      <source>Take the classes of a ready scheme or a file, or save them</source>
      <translation>Klassen eines fertigen Schemas oder einer Datei übernehmen oder die eigenen speichern</translation>
    </message>
    <message>
      <source>Class "{name}" is removed. The arrow above brings it back.</source>
      <translation>Klasse "{name}" ist entfernt. Der Pfeil oben bringt sie zurück.</translation>
    </message>
    <message>
      <source>The classes are saved in "{path}".</source>
      <translation>Die Klassen sind in "{path}" gespeichert.</translation>
    </message>
    <message>
      <source>Class lists (*.csv *.txt *.qml);;All files (*)</source>
      <translation>Klassenlisten (*.csv *.txt *.qml);;Alle Dateien (*)</translation>
    </message>
    <message>
      <source>Import classes</source>
      <translation>Klassen importieren</translation>
    </message>
    <message>
      <source>QML styles (*.qml)</source>
      <translation>QML-Stile (*.qml)</translation>
    </message>
    <message>
      <source>Tables (*.csv)</source>
      <translation>Tabellen (*.csv)</translation>
    </message>
    <message>
      <source>Export classes</source>
      <translation>Klassen exportieren</translation>
    </message>
    <message>
      <source>There is a class "{name}" already. Choose another name, or merge the two (right-click).</source>
      <translation>Eine Klasse "{name}" gibt es schon. Einen anderen Namen wählen oder beide verschmelzen (Rechtsklick).</translation>
    </message>
    <message>
      <source>Class "{name}" has {n} polygons. Merge it into another class, or remove it with its polygons.</source>
      <translation>Klasse "{name}" hat {n} Polygone. Mit einer anderen Klasse verschmelzen oder mit ihren Polygonen entfernen.</translation>
    </message>
    <message>
      <source>Poly.</source>
      <translation>Poly.</translation>
    </message>
    <message>
      <source>Px</source>
      <translation>Px</translation>
    </message>
    <message>
      <source>F1</source>
      <translation>F1</translation>
    </message>
    <message>
      <source>How many polygons it has</source>
      <translation>Wie viele Polygone sie hat</translation>
    </message>
    <message>
      <source>How many pixels its polygons cover, roughly</source>
      <translation>Wie viele Pixel ihre Polygone ungefähr bedecken</translation>
    </message>
    <message>
      <source>F1 on held-out polygons after the last training</source>
      <translation>F1 auf zurückgehaltenen Polygonen nach dem letzten Training</translation>
    </message>
    <message>
      <source>Classes</source>
      <translation>Klassen</translation>
    </message>
    <message>
      <source>The chosen class is given to the polygons you draw: click it, or press its number. Double-click a name to change it, drag its number to move it, right-click it for more. The polygons of a class without a tick are ignored.</source>
      <translation>Die gewählte Klasse erhalten die gezeichneten Polygone: anklicken oder ihre Zifferntaste drücken. Doppelklick auf den Namen ändert ihn, Ziehen der Nummer verschiebt sie, Rechtsklick bietet mehr. Polygone einer Klasse ohne Häkchen werden ignoriert.</translation>
    </message>
    <message>
      <source>Colour of class "{name}"</source>
      <translation>Farbe der Klasse "{name}"</translation>
    </message>
    <message>
      <source>{name} (value {value})</source>
      <translation>{name} (Wert {value})</translation>
    </message>
    <message>
      <source>Suggested</source>
      <translation>Vorgeschlagen</translation>
    </message>
    <message>
      <source>How many groups; at the lowest value, as many as the data suggest.</source>
      <translation>Wie viele Gruppen; beim kleinsten Wert so viele, wie die Daten nahelegen.</translation>
    </message>
    <message>
      <source>Find groups</source>
      <translation>Gruppen suchen</translation>
    </message>
    <message>
      <source>Groups the pixels of the embedding by likeness, without labels.</source>
      <translation>Gruppiert die Pixel des Embeddings nach Ähnlichkeit, ohne Labels.</translation>
    </message>
    <message>
      <source>Double-click a name to change it.</source>
      <translation>Doppelklick auf einen Namen ändert ihn.</translation>
    </message>
    <message>
      <source>Make this a class</source>
      <translation>Daraus eine Klasse machen</translation>
    </message>
    <message>
      <source>Adds the chosen group in view to the label layer, as polygons of a class.</source>
      <translation>Fügt die gewählte Gruppe, soweit im Kartenausschnitt, als Polygone einer Klasse zum Label-Layer hinzu.</translation>
    </message>
    <message>
      <source>Number</source>
      <translation>Anzahl</translation>
    </message>
    <message>
      <source>{n} %</source>
      <translation>{n} %</translation>
    </message>
    <message>
      <source>{n} groups; the data suggest {k}.</source>
      <translation>{n} Gruppen; die Daten legen {k} nahe.</translation>
    </message>
    <message>
      <source>First run</source>
      <translation>Erster Lauf</translation>
    </message>
    <message>
      <source>Second run</source>
      <translation>Zweiter Lauf</translation>
    </message>
    <message>
      <source>Map the difference</source>
      <translation>Unterschied kartieren</translation>
    </message>
    <message>
      <source>Writes a map of where the classes differ, from which class to which.</source>
      <translation>Schreibt eine Karte, wo sich die Klassen unterscheiden, von welcher zu welcher Klasse.</translation>
    </message>
    <message>
      <source>From</source>
      <translation>Von</translation>
    </message>
    <message>
      <source>To</source>
      <translation>Nach</translation>
    </message>
    <message>
      <source>&lt;b&gt;The same class on {share} of {area} ha&lt;/b&gt;; kappa {kappa}</source>
      <translation>&lt;b&gt;Gleiche Klasse auf {share} von {area} ha&lt;/b&gt;; Kappa {kappa}</translation>
    </message>
    <message>
      <source>and {n} more, in the table beside the map</source>
      <translation>und {n} weitere, in der Tabelle neben der Karte</translation>
    </message>
    <message>
      <source>Choose two different runs.</source>
      <translation>Zwei verschiedene Läufe wählen.</translation>
    </message>
    <message>
      <source>No two class maps to compare</source>
      <translation>Keine zwei Klassenkarten vorhanden</translation>
    </message>
    <message>
      <source>{area} ha</source>
      <translation>{area} ha</translation>
    </message>
    <message>
      <source>Training: some seconds, as the scene is an embedding already.</source>
      <translation>Training: einige Sekunden, da die Szene schon ein Embedding ist.</translation>
    </message>
    <message>
      <source>Training: {low} to {high}, {memory} of memory.</source>
      <translation>Training: {low} bis {high}, {memory} Arbeitsspeicher.</translation>
    </message>
    <message>
      <source>Map: {disk} on disk, a moment's work.</source>
      <translation>Karte: {disk} auf der Festplatte, im Nu fertig.</translation>
    </message>
    <message>
      <source>Map: {time}, {memory} of memory, {disk} on disk.</source>
      <translation>Karte: {time}, {memory} Arbeitsspeicher, {disk} auf der Platte.</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Fortsetzen</translation>
    </message>
    <message>
      <source>Forget</source>
      <translation>Vergessen</translation>
    </message>
    <message>
      <source>Takes this note away; the files of the training stay.</source>
      <translation>Entfernt diesen Hinweis; die Dateien des Trainings bleiben.</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS before anything was saved ({time}).</source>
      <translation>Das Training {name} endete mit QGIS, bevor etwas gespeichert war ({time}).</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS; saved at step {step} ({time}).</source>
      <translation>Das Training {name} endete mit QGIS; gespeichert bei Schritt {step} ({time}).</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS; saved at step {step} of {steps} ({time}).</source>
      <translation>Das Training {name} endete mit QGIS; gespeichert bei Schritt {step} von {steps} ({time}).</translation>
    </message>
    <message>
      <source>Usable</source>
      <translation>Verwendbar</translation>
    </message>
    <message>
      <source>Not usable</source>
      <translation>Nicht verwendbar</translation>
    </message>
    <message>
      <source>✓ Chosen</source>
      <translation>✓ Gewählt</translation>
    </message>
    <message>
      <source>Choose</source>
      <translation>Wählen</translation>
    </message>
    <message>
      <source>{name} is chosen</source>
      <translation>{name} ist gewählt</translation>
    </message>
    <message>
      <source>Choose {name}</source>
      <translation>{name} wählen</translation>
    </message>
    <message>
      <source>The scene would take about {time} here.</source>
      <translation>Die Szene würde hier etwa {time} dauern.</translation>
    </message>
    <message>
      <source>Not measured yet.</source>
      <translation>Noch nicht gemessen.</translation>
    </message>
    <message>
      <source>Measured on one tile of {side} × {side} pixels, and compared with the CPU in 32 bit:</source>
      <translation>Gemessen an einer Kachel von {side} × {side} Pixeln und mit der CPU in 32 Bit verglichen:</translation>
    </message>
    <message>
      <source>32 bit</source>
      <translation>32 Bit</translation>
    </message>
    <message>
      <source>16 bit (float16)</source>
      <translation>16 Bit (float16)</translation>
    </message>
    <message>
      <source>16 bit (bfloat16)</source>
      <translation>16 Bit (bfloat16)</translation>
    </message>
    <message>
      <source>{precision}: {error}</source>
      <translation>{precision}: {error}</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, but the result is off by {n} (cosine distance): do not use it</source>
      <translation>{precision}: {seconds} s, aber das Ergebnis weicht um {n} ab (Kosinusdistanz): nicht verwenden</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, {speed} pixels a second, off by {n}; recommended</source>
      <translation>{precision}: {seconds} s, {speed} Pixel pro Sekunde, Abweichung {n}; empfohlen</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, {speed} pixels a second, off by {n}</source>
      <translation>{precision}: {seconds} s, {speed} Pixel pro Sekunde, Abweichung {n}</translation>
    </message>
    <message>
      <source>Memory: {total}, {free} free</source>
      <translation>Speicher: {total}, {free} frei</translation>
    </message>
    <message>
      <source>Memory: {total}</source>
      <translation>Speicher: {total}</translation>
    </message>
    <message>
      <source>Driver: {version}</source>
      <translation>Treiber: {version}</translation>
    </message>
    <message>
      <source>Wheel of PyTorch: {wheel}</source>
      <translation>PyTorch-Wheel: {wheel}</translation>
    </message>
    <message>
      <source>Automatic precision: {precision}</source>
      <translation>Automatische Genauigkeit: {precision}</translation>
    </message>
    <message>
      <source>Choose automatically</source>
      <translation>Automatisch wählen</translation>
    </message>
    <message>
      <source>Always takes the fastest kind of device that can be used.</source>
      <translation>Nimmt immer die schnellste verwendbare Geräteart.</translation>
    </message>
    <message>
      <source>Embeds one real tile on every usable device in each precision that it can compute in, measures the time, and compares the result with the CPU in 32 bit.</source>
      <translation>Bettet auf jedem verwendbaren Gerät eine echte Kachel ein, in jeder Genauigkeit, in der es rechnen kann, misst die Zeit und vergleicht das Ergebnis mit dem der CPU in 32 Bit.</translation>
    </message>
    <message>
      <source>Look again</source>
      <translation>Neu suchen</translation>
    </message>
    <message>
      <source>Asks once more what there is. Measured speeds are forgotten.</source>
      <translation>Sucht erneut nach vorhandenen Geräten. Gemessene Geschwindigkeiten werden verworfen.</translation>
    </message>
    <message>
      <source>Copy report</source>
      <translation>Bericht kopieren</translation>
    </message>
    <message>
      <source>As Markdown, without your name and home folder.</source>
      <translation>Als Markdown, ohne Benutzername und Benutzerordner.</translation>
    </message>
    <message>
      <source>The backend takes this number of threads when it starts next.</source>
      <translation>Das Backend übernimmt diese Thread-Anzahl beim nächsten Start.</translation>
    </message>
    <message>
      <source>Restart the backend now</source>
      <translation>Backend jetzt neu starten</translation>
    </message>
    <message>
      <source>Asking the backend what this machine has…</source>
      <translation>Das Backend ermittelt die Geräte dieses Computers…</translation>
    </message>
    <message>
      <source>Chosen: {name}.</source>
      <translation>Gewählt: {name}.</translation>
    </message>
    <message>
      <source>"{name}" was chosen before, but cannot be used now.</source>
      <translation>"{name}" war zuvor gewählt, ist aber derzeit nicht verwendbar.</translation>
    </message>
    <message>
      <source>Limits</source>
      <translation>Grenzen</translation>
    </message>
    <message>
      <source>Checks</source>
      <translation>Prüfungen</translation>
    </message>
    <message>
      <source>Memory ceiling</source>
      <translation>Speichergrenze</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Genauigkeit</translation>
    </message>
    <message>
      <source>Testing…</source>
      <translation>Test läuft…</translation>
    </message>
    <message>
      <source>Test all</source>
      <translation>Alle testen</translation>
    </message>
    <message>
      <source>{device} does not compute in {precision}, and would refuse the work. Choose Automatic here.</source>
      <translation>{device} rechnet nicht in {precision} und würde die Arbeit verweigern. Hier "Automatisch" wählen.</translation>
    </message>
    <message>
      <source>automatic (2 GB)</source>
      <translation>automatisch (2 GB)</translation>
    </message>
    <message>
      <source>What tiles are chosen for: less memory means smaller tiles, which take longer.</source>
      <translation>Danach richtet sich die Kachelgröße: Weniger Speicher bedeutet kleinere Kacheln, und die dauern länger.</translation>
    </message>
    <message>
      <source>How finely the encoder computes. 16 bit is faster where the device is built for it, and rounds more: the self-test shows by how much. Automatic takes what suits each device. Training keeps its own rule.</source>
      <translation>Wie genau der Encoder rechnet. 16 Bit ist schneller, wo das Gerät dafür gebaut ist, und rundet stärker: Der Selbsttest zeigt, wie stark. "Automatisch" nimmt, was zum jeweiligen Gerät passt. Für das Training gilt eine eigene Regel.</translation>
    </message>
    <message>
      <source>Polygon</source>
      <translation>Polygon</translation>
    </message>
    <message>
      <source>Click the corners, end with a right click.</source>
      <translation>Die Ecken anklicken, mit Rechtsklick beenden.</translation>
    </message>
    <message>
      <source>Rectangle</source>
      <translation>Rechteck</translation>
    </message>
    <message>
      <source>Drag from corner to corner, or click both.</source>
      <translation>Von Ecke zu Ecke ziehen oder beide anklicken.</translation>
    </message>
    <message>
      <source>Freehand</source>
      <translation>Freihand</translation>
    </message>
    <message>
      <source>Draw the outline with the mouse button held down.</source>
      <translation>Den Umriss mit gedrückter Maustaste zeichnen.</translation>
    </message>
    <message>
      <source>Point</source>
      <translation>Punkt</translation>
    </message>
    <message>
      <source>Click single pixels of the scene, or paint with a brush of some.</source>
      <translation>Einzelne Pixel der Szene anklicken oder mit einem größeren Pinsel malen.</translation>
    </message>
    <message>
      <source>Smart select</source>
      <translation>Smart-Auswahl</translation>
    </message>
    <message>
      <source>One click finds the area around that looks alike.</source>
      <translation>Ein Klick findet die umgebende Fläche, die ähnlich aussieht.</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Takes back the last edit of the labels (Ctrl+Z on the map).</source>
      <translation>Nimmt die letzte Änderung der Labels zurück (Strg+Z auf der Karte).</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Wiederholen</translation>
    </message>
    <message>
      <source>Does it again (Ctrl+Shift+Z on the map).</source>
      <translation>Stellt sie wieder her (Strg+Umschalt+Z auf der Karte).</translation>
    </message>
    <message>
      <source>Save edits</source>
      <translation>Änderungen speichern</translation>
    </message>
    <message>
      <source>Writes the edits to the file; you can go on drawing.</source>
      <translation>Schreibt die Änderungen in die Datei; danach kann weitergezeichnet werden.</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>Pinselgröße</translation>
    </message>
    <message>
      <source>Side of the square that a click makes, in pixels of the scene.</source>
      <translation>Seitenlänge des Quadrats, das ein Klick setzt, in Pixeln der Szene.</translation>
    </message>
    <message>
      <source>How far the area grows</source>
      <translation>Wie weit die Fläche wächst</translation>
    </message>
    <message>
      <source>How far the area grows; also Ctrl and the mouse wheel over the map.</source>
      <translation>Wie weit die Fläche wächst; auch mit Strg und Mausrad über der Karte.</translation>
    </message>
    <message>
      <source>Accept</source>
      <translation>Übernehmen</translation>
    </message>
    <message>
      <source>Makes it a polygon of the chosen class (Enter, or a double click).</source>
      <translation>Macht daraus ein Polygon der gewählten Klasse (Eingabetaste oder Doppelklick).</translation>
    </message>
    <message>
      <source>Size</source>
      <translation>Größe</translation>
    </message>
    <message>
      <source>How far</source>
      <translation>Wie weit</translation>
    </message>
    <message>
      <source>More options</source>
      <translation>Mehr Optionen</translation>
    </message>
    <message>
      <source>As in the weights</source>
      <translation>Wie in den Gewichten</translation>
    </message>
    <message>
      <source>From this scene</source>
      <translation>Aus dieser Szene</translation>
    </message>
    <message>
      <source>From each tile</source>
      <translation>Aus jeder Kachel</translation>
    </message>
    <message>
      <source>Statistics stored with the weights: the same place gives the same embedding in every scene.</source>
      <translation>Mit den Gewichten gespeicherte Statistik: derselbe Ort ergibt in jeder Szene dasselbe Embedding.</translation>
    </message>
    <message>
      <source>Statistics of a sample of this scene: for scenes unlike Sentinel-2, but scenes do not compare.</source>
      <translation>Statistik einer Stichprobe dieser Szene: für Szenen, die Sentinel-2 nicht gleichen; die Szenen sind dann nicht vergleichbar.</translation>
    </message>
    <message>
      <source>Statistics of each tile by itself, as the encoder was trained: seams show, values vary.</source>
      <translation>Statistik jeder Kachel für sich, wie beim Training des Encoders: Nähte werden sichtbar, Werte schwanken.</translation>
    </message>
    <message>
      <source>Which principal components are kept. Those of the weights are the same for every scene; those of this scene keep more of what differs in it, but cannot be compared with other scenes.</source>
      <translation>Welche Hauptkomponenten behalten werden. Die der Gewichte sind für jede Szene gleich; die dieser Szene bewahren mehr von ihren Unterschieden, sind aber mit anderen Szenen nicht vergleichbar.</translation>
    </message>
    <message>
      <source>{n} × {n} pixels</source>
      <translation>{n} × {n} Pixel</translation>
    </message>
    <message>
      <source>How much is computed at once. It does not change the result.</source>
      <translation>Wie viel auf einmal berechnet wird. Das Ergebnis ändert sich dadurch nicht.</translation>
    </message>
    <message>
      <source>Clear cache</source>
      <translation>Cache leeren</translation>
    </message>
    <message>
      <source>Removes kept results; files that you saved stay.</source>
      <translation>Entfernt aufbewahrte Ergebnisse; gespeicherte Dateien bleiben.</translation>
    </message>
    <message>
      <source>Normalisation</source>
      <translation>Normalisierung</translation>
    </message>
    <message>
      <source>Components</source>
      <translation>Komponenten</translation>
    </message>
    <message>
      <source>Tiles</source>
      <translation>Kacheln</translation>
    </message>
    <message>
      <source>Clearing the cache…</source>
      <translation>Cache wird geleert…</translation>
    </message>
    <message>
      <source>Cache: …</source>
      <translation>Cache: …</translation>
    </message>
    <message>
      <source>0 MB</source>
      <translation>0 MB</translation>
    </message>
    <message>
      <source>Cache: {used}, switched off</source>
      <translation>Cache: {used}, ausgeschaltet</translation>
    </message>
    <message>
      <source>Cache: {used} of {limit}</source>
      <translation>Cache: {used} von {limit}</translation>
    </message>
    <message>
      <source>every pixel</source>
      <translation>jedes Pixel</translation>
    </message>
    <message>
      <source>one value for {n} × {n} pixels</source>
      <translation>ein Wert je {n} × {n} Pixel</translation>
    </message>
    <message>
      <source>{n} components</source>
      <translation>{n} Komponenten</translation>
    </message>
    <message>
      <source>all channels</source>
      <translation>alle Kanäle</translation>
    </message>
    <message>
      <source>8 bit, small files</source>
      <translation>8 Bit, kleine Dateien</translation>
    </message>
    <message>
      <source>16 bit float</source>
      <translation>16 Bit Gleitkomma</translation>
    </message>
    <message>
      <source>32 bit float, exact</source>
      <translation>32 Bit Gleitkomma, exakt</translation>
    </message>
    <message>
      <source>GeoTIFF (*.tif)</source>
      <translation>GeoTIFF (*.tif)</translation>
    </message>
    <message>
      <source>Save the embedding as</source>
      <translation>Embedding speichern als</translation>
    </message>
    <message>
      <source>Embed layer</source>
      <translation>Layer einbetten</translation>
    </message>
    <message>
      <source>Detail</source>
      <translation>Detail</translation>
    </message>
    <message>
      <source>Bands</source>
      <translation>Kanäle</translation>
    </message>
    <message>
      <source>Values</source>
      <translation>Werte</translation>
    </message>
    <message>
      <source>"{out}" is not a full path. Choose where to save the embedding.</source>
      <translation>"{out}" ist kein vollständiger Pfad. Wählen, wohin das Embedding gespeichert wird.</translation>
    </message>
    <message>
      <source>The embedding would overwrite the scene itself. Choose another file name.</source>
      <translation>Das Embedding würde die Szene selbst überschreiben. Einen anderen Dateinamen wählen.</translation>
    </message>
    <message>
      <source>This is an embedding already ({found}): train and predict with it as it is.</source>
      <translation>Das ist schon ein Embedding ({found}): direkt damit trainieren und vorhersagen.</translation>
    </message>
    <message>
      <source>Takes {time}, {memory} of memory, {disk} on disk</source>
      <translation>Benötigt {time}, {memory} Arbeitsspeicher, {disk} auf der Festplatte</translation>
    </message>
    <message>
      <source>Later</source>
      <translation>Später</translation>
    </message>
    <message>
      <source>Options…</source>
      <translation>Optionen…</translation>
    </message>
    <message>
      <source>Folder, Python, graphics card, offline bundle, another machine</source>
      <translation>Ordner, Python, Grafikkarte, Offline-Paket, anderer Rechner</translation>
    </message>
    <message>
      <source>&lt;b&gt;The backend is older than the plugin.&lt;/b&gt; It goes on working until it is updated.</source>
      <translation>&lt;b&gt;Das Backend ist älter als das Plugin.&lt;/b&gt; Es arbeitet weiter, bis es aktualisiert wird.</translation>
    </message>
    <message>
      <source>&lt;b&gt;One more step.&lt;/b&gt; MMEarth computes in an environment of its own, beside QGIS, and there is none yet.</source>
      <translation>&lt;b&gt;Noch ein Schritt.&lt;/b&gt; MMEarth rechnet in einer eigenen Umgebung neben QGIS, und die gibt es noch nicht.</translation>
    </message>
    <message>
      <source>choose an embedding</source>
      <translation>Embedding wählen</translation>
    </message>
    <message>
      <source>There is no embedding yet. Embed the scene first: this page looks into what comes.</source>
      <translation>Es gibt noch kein Embedding. Zuerst die Szene einbetten: diese Seite zeigt, was dabei entsteht.</translation>
    </message>
    <message>
      <source>Go to step Embed</source>
      <translation>Zum Schritt Einbetten</translation>
    </message>
    <message>
      <source>Show as colours</source>
      <translation>Als Farben zeigen</translation>
    </message>
    <message>
      <source>The three strongest components as red, green and blue, stretched to what is in view. Again: as before.</source>
      <translation>Die drei stärksten Komponenten als Rot, Grün und Blau, gestreckt auf den Kartenausschnitt. Noch einmal: wie zuvor.</translation>
    </message>
    <message>
      <source>No embedding is chosen. Embed the scene first, in step "Embed".</source>
      <translation>Kein Embedding gewählt. Zuerst die Szene einbetten, im Schritt "Einbetten".</translation>
    </message>
    <message>
      <source>What to export</source>
      <translation>Was exportiert wird</translation>
    </message>
    <message>
      <source>as the map</source>
      <translation>wie die Karte</translation>
    </message>
    <message>
      <source>Classes keep the nearest pixel; numbers are averaged or interpolated.</source>
      <translation>Klassen übernehmen das nächste Pixel; Zahlen werden gemittelt oder interpoliert.</translation>
    </message>
    <message>
      <source>What</source>
      <translation>Was</translation>
    </message>
    <message>
      <source>CRS</source>
      <translation>KBS</translation>
    </message>
    <message>
      <source>Pixel size</source>
      <translation>Pixelgröße</translation>
    </message>
    <message>
      <source>No file is chosen for the export. Choose one under "To".</source>
      <translation>Keine Datei für den Export gewählt. Unter "Nach" eine wählen.</translation>
    </message>
    <message>
      <source>"{path}" is no full path. Choose the file with the button "…".</source>
      <translation>"{path}" ist kein vollständiger Pfad. Die Datei mit der Schaltfläche "…" wählen.</translation>
    </message>
    <message>
      <source>Figures of the report</source>
      <translation>Abbildungen des Berichts</translation>
    </message>
    <message>
      <source>Request file</source>
      <translation>Auftragsdatei</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modell</translation>
    </message>
    <message>
      <source>Probabilities</source>
      <translation>Wahrscheinlichkeiten</translation>
    </message>
    <message>
      <source>90 % interval</source>
      <translation>90-%-Intervall</translation>
    </message>
    <message>
      <source>Single polygons</source>
      <translation>Einzelne Polygone</translation>
    </message>
    <message>
      <source>Blocks of neighbours</source>
      <translation>Blöcke aus Nachbarn</translation>
    </message>
    <message>
      <source>What is held out together for the score. Blocks are more honest where polygons lie close together.</source>
      <translation>Was für die Bewertung gemeinsam zurückgehalten wird. Blöcke sind ehrlicher, wo Polygone dicht beieinander liegen.</translation>
    </message>
    <message>
      <source>Train and predict</source>
      <translation>Trainieren und vorhersagen</translation>
    </message>
    <message>
      <source>Classifier</source>
      <translation>Klassifikator</translation>
    </message>
    <message>
      <source>Hold out</source>
      <translation>Zurückhalten</translation>
    </message>
    <message>
      <source>Few polygons: quick classifier</source>
      <translation>Wenige Polygone: Schnellklassifikator</translation>
    </message>
    <message>
      <source>Save the model as</source>
      <translation>Modell speichern als</translation>
    </message>
    <message>
      <source>Fine-tune</source>
      <translation>Fine-Tuning starten</translation>
    </message>
    <message>
      <source>"{path}" is not a full path. Choose where to save the model.</source>
      <translation>"{path}" ist kein vollständiger Pfad. Wählen, wohin das Modell gespeichert wird.</translation>
    </message>
    <message>
      <source>A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. Resume it, or choose another file name.</source>
      <translation>Ein Lauf für "{name}" endete nach Schritt {step}; ein neuer würde das Gespeicherte überschreiben. Ihn fortsetzen oder einen anderen Dateinamen wählen.</translation>
    </message>
    <message>
      <source>Resume after step {n}</source>
      <translation>Fortsetzen nach Schritt {n}</translation>
    </message>
    <message>
      <source>Resume last run, step {n}</source>
      <translation>Letzten Lauf fortsetzen, Schritt {n}</translation>
    </message>
    <message>
      <source>As MMEarth's authors</source>
      <translation>Wie bei den MMEarth-Autoren</translation>
    </message>
    <message>
      <source>What is held out together for the score. Blocks are more honest where labels lie close together.</source>
      <translation>Was für die Bewertung gemeinsam zurückgehalten wird. Blöcke sind ehrlicher, wo Labels dicht beieinander liegen.</translation>
    </message>
    <message>
      <source>This share of the labels teaches nothing; it says when to stop, and scores.</source>
      <translation>Aus diesem Anteil der Labels wird nicht gelernt; er bestimmt das Ende des Trainings und die Bewertung.</translation>
    </message>
    <message>
      <source>For comparison: what the network learns without any pretraining.</source>
      <translation>Zum Vergleich: was das Netz ganz ohne Vortraining lernt.</translation>
    </message>
    <message>
      <source>Share</source>
      <translation>Anteil</translation>
    </message>
    <message>
      <source>Train</source>
      <translation>Training</translation>
    </message>
    <message>
      <source>Starts with the quick classifier and trains more while held-out labels gain from it.</source>
      <translation>Beginnt mit dem Schnellklassifikator und trainiert mehr, solange zurückgehaltene Labels davon profitieren.</translation>
    </message>
    <message>
      <source>One linear layer on the encoder as it is. Quick; hard to overfit.</source>
      <translation>Eine lineare Schicht auf dem unveränderten Encoder. Schnell; neigt kaum zu Überanpassung.</translation>
    </message>
    <message>
      <source>A decoder for sharp outlines on the encoder as it is. From some fifty polygons.</source>
      <translation>Ein Decoder für scharfe Umrisse auf dem unveränderten Encoder. Ab etwa fünfzig Polygonen.</translation>
    </message>
    <message>
      <source>The decoder and the encoder's last stages. From some hundred polygons.</source>
      <translation>Der Decoder und die letzten Stufen des Encoders. Ab etwa hundert Polygonen.</translation>
    </message>
    <message>
      <source>The whole network. Slowest; for many labels, or ground unlike the encoder's.</source>
      <translation>Das ganze Netz. Am langsamsten; für viele Labels oder Gebiete, die der Encoder so nicht kennt.</translation>
    </message>
    <message>
      <source>Roughly {low} to {high} on a processor, much less on a graphics card; {size} on disk meanwhile. It ends by itself once held-out labels gain no more.</source>
      <translation>Ungefähr {low} bis {high} auf einem Prozessor, viel weniger auf einer Grafikkarte; {size} währenddessen auf der Festplatte. Endet von selbst, sobald zurückgehaltene Labels nichts mehr gewinnen.</translation>
    </message>
    <message>
      <source>New label layer</source>
      <translation>Neuer Label-Layer</translation>
    </message>
    <message>
      <source>choose a layer of polygons or points</source>
      <translation>Layer mit Polygonen oder Punkten wählen</translation>
    </message>
    <message>
      <source>Label layer</source>
      <translation>Label-Layer</translation>
    </message>
    <message>
      <source>Class field</source>
      <translation>Klassenfeld</translation>
    </message>
    <message>
      <source>Estimates a number (regression)</source>
      <translation>Schätzt einen Zahlenwert (Regression)</translation>
    </message>
    <message>
      <source>Whether the numbers in the field stand for classes, or are to be estimated.</source>
      <translation>Ob die Zahlen im Feld für Klassen stehen oder geschätzt werden sollen.</translation>
    </message>
    <message>
      <source>Layer</source>
      <translation>Layer</translation>
    </message>
    <message>
      <source>Field</source>
      <translation>Feld</translation>
    </message>
    <message>
      <source>Where "{name}" lies is not known yet. Wait until step "Scene" describes it.</source>
      <translation>Wo "{name}" liegt, ist noch nicht bekannt. Warten, bis der Schritt "Szene" den Layer beschreibt.</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one, or use "New label layer" and draw polygons.</source>
      <translation>Kein Label-Layer gewählt. Einen wählen oder "Neuer Label-Layer" verwenden und Polygone zeichnen.</translation>
    </message>
    <message>
      <source>No class field of layer "{name}" is chosen. Choose the field that says which class it is.</source>
      <translation>Kein Klassenfeld des Layers "{name}" gewählt. Das Feld wählen, das die Klasse angibt.</translation>
    </message>
    <message>
      <source>Field "{field}" of layer "{name}" has fewer than two different numbers. Draw more polygons.</source>
      <translation>Feld "{field}" des Layers "{name}" hat weniger als zwei verschiedene Zahlen. Mehr Polygone zeichnen.</translation>
    </message>
    <message>
      <source>Layer "{name}" has polygons of {n} class(es) in field "{field}"; at least two are wanted. Choose another class in the list and draw polygons of it.</source>
      <translation>Layer "{name}" hat Polygone von {n} Klasse(n) im Feld "{field}"; mindestens zwei werden gebraucht. Eine andere Klasse in der Liste wählen und Polygone davon zeichnen.</translation>
    </message>
    <message>
      <source>A point of layer "{name}" labels one pixel, and the pixels of the scene are not known yet. {do}</source>
      <translation>Ein Punkt des Layers "{name}" gilt für ein Pixel, und die Pixel der Szene sind noch nicht bekannt. {do}</translation>
    </message>
    <message>
      <source>Choose a scene in step "Scene".</source>
      <translation>Im Schritt "Szene" eine Szene wählen.</translation>
    </message>
    <message>
      <source>A few polygons of each class are enough; five or more give a score.</source>
      <translation>Wenige Polygone je Klasse genügen; ab fünf gibt es eine Bewertung.</translation>
    </message>
    <message>
      <source>, {low:g} to {high:g}</source>
      <translation>, {low:g} bis {high:g}</translation>
    </message>
    <message>
      <source>{n} polygons with a number</source>
      <translation>{n} Polygone mit Zahlenwert</translation>
    </message>
    <message>
      <source>{n} polygons in {k} classes</source>
      <translation>{n} Polygone in {k} Klassen</translation>
    </message>
    <message>
      <source>; ignored: {n}</source>
      <translation>; ignoriert: {n}</translation>
    </message>
    <message>
      <source>; unsaved edits: {n}, they count</source>
      <translation>; ungespeicherte Änderungen: {n}, sie zählen mit</translation>
    </message>
    <message>
      <source>The model sees also</source>
      <translation>Das Modell sieht auch</translation>
    </message>
    <message>
      <source>Layers on the same ground that tell classes apart: elevation, an index, radar. A model takes them in the order in which they are ticked.</source>
      <translation>Layer desselben Gebiets, die Klassen unterscheiden: Höhe, ein Index, Radar. Ein Modell übernimmt sie in der Reihenfolge, in der sie angehakt werden.</translation>
    </message>
    <message>
      <source>The largest probability, in percent</source>
      <translation>Die größte Wahrscheinlichkeit, in Prozent</translation>
    </message>
    <message>
      <source>One band for each class, in percent</source>
      <translation>Ein Kanal je Klasse, in Prozent</translation>
    </message>
    <message>
      <source>The largest minus the second largest probability, in percent</source>
      <translation>Die größte minus die zweitgrößte Wahrscheinlichkeit, in Prozent</translation>
    </message>
    <message>
      <source>How evenly the probability is spread over the classes, in percent</source>
      <translation>Wie gleichmäßig sich die Wahrscheinlichkeit auf die Klassen verteilt, in Prozent</translation>
    </message>
    <message>
      <source>The low and high end that nine of ten true values lie between</source>
      <translation>Unteres und oberes Ende, zwischen denen neun von zehn wahren Werten liegen</translation>
    </message>
    <message>
      <source>1: as labelled polygons of one class differ from each other; above 2 nothing like it was labelled</source>
      <translation>1: so weit, wie sich Label-Polygone einer Klasse voneinander unterscheiden; über 2 wurde nichts Vergleichbares gelabelt</translation>
    </message>
    <message>
      <source>Polygons of the classes</source>
      <translation>Polygone der Klassen</translation>
    </message>
    <message>
      <source> pixels</source>
      <translation> Pixel</translation>
    </message>
    <message>
      <source>Smaller areas of one class are given to their largest neighbour; 0 keeps all.</source>
      <translation>Kleinere Flächen einer Klasse gehen an ihren größten Nachbarn; 0 behält alle.</translation>
    </message>
    <message>
      <source> m²</source>
      <translation> m²</translation>
    </message>
    <message>
      <source>Smaller polygons are left out; 0 keeps all.</source>
      <translation>Kleinere Polygone werden weggelassen; 0 behält alle.</translation>
    </message>
    <message>
      <source>How far outlines may move; 0 keeps the edges of the pixels.</source>
      <translation>Wie weit sich Umrisse verschieben dürfen; 0 behält die Pixelkanten.</translation>
    </message>
    <message>
      <source>Gives each field, parcel or building its class, probability and second choice, or its value.</source>
      <translation>Gibt jedem Schlag, Flurstück oder Gebäude seine Klasse, deren Wahrscheinlichkeit und die zweite Wahl, oder seinen Wert.</translation>
    </message>
    <message>
      <source>Sieve</source>
      <translation>Sieben</translation>
    </message>
    <message>
      <source>Smallest</source>
      <translation>Mindestens</translation>
    </message>
    <message>
      <source>Simplify</source>
      <translation>Vereinfachen</translation>
    </message>
    <message>
      <source>Write also</source>
      <translation>Auch schreiben</translation>
    </message>
    <message>
      <source>Polygons to classify</source>
      <translation>Zu klassifizierende Polygone</translation>
    </message>
    <message>
      <source>Values of my polygons</source>
      <translation>Werte der Polygone</translation>
    </message>
    <message>
      <source>Classify my polygons</source>
      <translation>Polygone klassifizieren</translation>
    </message>
    <message>
      <source>"{name}" wants a polygon layer. Add one to the project, or untick it.</source>
      <translation>"{name}" braucht einen Polygonlayer. Einen zum Projekt hinzufügen oder das Häkchen entfernen.</translation>
    </message>
    <message>
      <source>Drone, aerial or satellite image: any bands, no coarser than the reference.</source>
      <translation>Drohnen-, Luft- oder Satellitenbild: beliebige Kanäle, nicht gröber als die Referenz.</translation>
    </message>
    <message>
      <source>An image of the same ground that the weights understand, as Sentinel-2.</source>
      <translation>Ein Bild desselben Gebiets, das die Gewichte verstehen, etwa von Sentinel-2.</translation>
    </message>
    <message>
      <source>Averaged image</source>
      <translation>Bild, gemittelt</translation>
    </message>
    <message>
      <source> m pixels</source>
      <translation> m-Pixel</translation>
    </message>
    <message>
      <source>The image is averaged to larger pixels and taken as its own reference. It must have bands that the weights know. What differs between two sensors is not learned then.</source>
      <translation>Das Bild wird auf größere Pixel gemittelt und dient als seine eigene Referenz. Es muss Kanäle haben, die die Gewichte kennen. Was zwei Sensoren unterscheidet, wird so nicht gelernt.</translation>
    </message>
    <message>
      <source>Add another pair</source>
      <translation>Weiteres Paar</translation>
    </message>
    <message>
      <source>Remove pair</source>
      <translation>Paar entfernen</translation>
    </message>
    <message>
      <source>Keeps the pair chosen above, so that the next one can be chosen there.</source>
      <translation>Behält das oben gewählte Paar, damit dort das nächste gewählt werden kann.</translation>
    </message>
    <message>
      <source>No image of the new sensor is chosen. Add it to the project and choose it.</source>
      <translation>Kein Bild des neuen Sensors gewählt. Es zum Projekt hinzufügen und wählen.</translation>
    </message>
    <message>
      <source>No reference is chosen for "{name}". Choose a layer of the same ground that the weights understand, or have the reference made from the image itself.</source>
      <translation>Für "{name}" ist keine Referenz gewählt. Einen Layer desselben Gebiets wählen, den die Gewichte verstehen, oder die Referenz aus dem Bild selbst mitteln lassen.</translation>
    </message>
    <message>
      <source>New sensor</source>
      <translation>Neuer Sensor</translation>
    </message>
    <message>
      <source>Reference</source>
      <translation>Referenz</translation>
    </message>
    <message>
      <source>Choose a model</source>
      <translation>Modell wählen</translation>
    </message>
    <message>
      <source>Model file (model.zip)</source>
      <translation>Modelldatei (model.zip)</translation>
    </message>
    <message>
      <source>About the model</source>
      <translation>Über das Modell</translation>
    </message>
    <message>
      <source>Predict</source>
      <translation>Vorhersagen</translation>
    </message>
    <message>
      <source>"{path}" is no model file. Choose a model.zip that a training wrote.</source>
      <translation>"{path}" ist keine Modelldatei. Eine model.zip wählen, die ein Training geschrieben hat.</translation>
    </message>
    <message>
      <source>✓ The model serves this scene.</source>
      <translation>✓ Das Modell passt zu dieser Szene.</translation>
    </message>
    <message>
      <source>The model does not serve this scene.</source>
      <translation>Das Modell passt nicht zu dieser Szene.</translation>
    </message>
    <message>
      <source>The whole scene of step "Scene"</source>
      <translation>Die ganze Szene des Schritts "Szene"</translation>
    </message>
    <message>
      <source>Raster files</source>
      <translation>Rasterdateien</translation>
    </message>
    <message>
      <source>MMEarth folder</source>
      <translation>MMEarth-Ordner</translation>
    </message>
    <message>
      <source>Rasters with the same bands</source>
      <translation>Raster mit denselben Kanälen</translation>
    </message>
    <message>
      <source>Folder with data_….h5</source>
      <translation>Ordner mit data_….h5</translation>
    </message>
    <message>
      <source>Random weights</source>
      <translation>Zufällige Gewichte</translation>
    </message>
    <message>
      <source>Adapt to another sensor…</source>
      <translation>An anderen Sensor anpassen…</translation>
    </message>
    <message>
      <source>Weights for drone, aerial or other satellite images, from pairs of images.</source>
      <translation>Gewichte für Drohnen-, Luft- oder andere Satellitenbilder, aus Bildpaaren.</translation>
    </message>
    <message>
      <source>a folder in the MMEarth layout</source>
      <translation>einen Ordner im MMEarth-Layout</translation>
    </message>
    <message>
      <source>at least one raster file</source>
      <translation>mindestens eine Rasterdatei</translation>
    </message>
    <message>
      <source>The data to learn from were not found: "{found}". Choose {wanted}.</source>
      <translation>Die Daten, aus denen gelernt wird, wurden nicht gefunden: "{found}". Stattdessen {wanted} wählen.</translation>
    </message>
    <message>
      <source>By the amount of data</source>
      <translation>Nach Datenmenge</translation>
    </message>
    <message>
      <source>As in the paper</source>
      <translation>Wie im Artikel</translation>
    </message>
    <message>
      <source>For few data</source>
      <translation>Für wenige Daten</translation>
    </message>
    <message>
      <source>8 pixels</source>
      <translation>8 Pixel</translation>
    </message>
    <message>
      <source>16 pixels</source>
      <translation>16 Pixel</translation>
    </message>
    <message>
      <source>Learned</source>
      <translation>Gelernt</translation>
    </message>
    <message>
      <source>All the same</source>
      <translation>Alle gleich</translation>
    </message>
    <message>
      <source>Cope with missing bands</source>
      <translation>Kanäle dürfen fehlen</translation>
    </message>
    <message>
      <source>Bands of some samples are hidden, so that the weights serve fewer bands.</source>
      <translation>Kanäle einiger Beispiele werden verdeckt, damit die Gewichte auch bei weniger Kanälen taugen.</translation>
    </message>
    <message>
      <source>Patches</source>
      <translation>Patches</translation>
    </message>
    <message>
      <source>Task weights</source>
      <translation>Gewichtung</translation>
    </message>
    <message>
      <source>Data</source>
      <translation>Daten</translation>
    </message>
    <message>
      <source>Start from</source>
      <translation>Beginnen mit</translation>
    </message>
    <message>
      <source>Further layers on the same ground:</source>
      <translation>Weitere Layer desselben Gebiets:</translation>
    </message>
    <message>
      <source>There is no weights file "{path}" to start from. Choose one, or start from random weights.</source>
      <translation>Die Gewichtsdatei "{path}", mit der begonnen werden soll, gibt es nicht. Eine wählen oder mit zufälligen Gewichten beginnen.</translation>
    </message>
    <message>
      <source>Live preview</source>
      <translation>Live-Vorschau</translation>
    </message>
    <message>
      <source>Opacity of the map</source>
      <translation>Deckkraft der Karte</translation>
    </message>
    <message>
      <source>Swipe</source>
      <translation>Wischen</translation>
    </message>
    <message>
      <source>Shows the image without the map on one side of a line.</source>
      <translation>Zeigt auf einer Seite einer Linie das Bild ohne die Karte.</translation>
    </message>
    <message>
      <source>Line from left to right</source>
      <translation>Linie von links nach rechts</translation>
    </message>
    <message>
      <source>Disagreement</source>
      <translation>Widersprüche</translation>
    </message>
    <message>
      <source>Outlines the polygons in view that the map takes for another class.</source>
      <translation>Umrandet die Polygone im Kartenausschnitt, die die Karte für eine andere Klasse hält.</translation>
    </message>
    <message>
      <source>Next suggestion</source>
      <translation>Nächster Vorschlag</translation>
    </message>
    <message>
      <source>Goes to the next place whose label would teach most (key {key} on the map).</source>
      <translation>Geht zum nächsten Ort, dessen Label am meisten lehren würde (Taste {key} auf der Karte).</translation>
    </message>
    <message>
      <source>Polygons that the map takes for another class</source>
      <translation>Polygone, die die Karte für eine andere Klasse hält</translation>
    </message>
    <message>
      <source>Shows the map of what is in view while you draw: a few seconds after each polygon.</source>
      <translation>Zeigt beim Zeichnen die Karte des Kartenausschnitts: wenige Sekunden nach jedem Polygon.</translation>
    </message>
    <message>
      <source>A preview shows classes only. The labels are numbers to estimate.</source>
      <translation>Eine Vorschau zeigt nur Klassen. Die Labels sind zu schätzende Zahlen.</translation>
    </message>
    <message>
      <source>No map yet.</source>
      <translation>Noch keine Karte.</translation>
    </message>
    <message>
      <source>Opacity of the map: {n} %</source>
      <translation>Deckkraft der Karte: {n} %</translation>
    </message>
    <message>
      <source>{n} of {all} polygons in view disagree with the map</source>
      <translation>{n} von {all} Polygonen im Kartenausschnitt widersprechen der Karte</translation>
    </message>
    <message>
      <source>; only {most} are looked at, zoom in for the others</source>
      <translation>; nur {most} werden betrachtet, für die anderen hineinzoomen</translation>
    </message>
    <message>
      <source>{label} ≠ {found} ({share} %)</source>
      <translation>{label} ≠ {found} ({share} %)</translation>
    </message>
    <message>
      <source>Labelled "{label}"; the map says "{found}" in {share} % of it.</source>
      <translation>Gelabelt als "{label}"; die Karte sagt auf {share} % davon "{found}".</translation>
    </message>
    <message>
      <source>Double-click a line to see the place on the map.</source>
      <translation>Doppelklick auf eine Zeile zeigt den Ort auf der Karte.</translation>
    </message>
    <message>
      <source>Zoom to</source>
      <translation>Darauf zoomen</translation>
    </message>
    <message>
      <source>One thing to look at</source>
      <translation>Ein Hinweis zum Ansehen</translation>
    </message>
    <message>
      <source>{n} things to look at</source>
      <translation>{n} Hinweise zum Ansehen</translation>
    </message>
    <message>
      <source>Compute on another machine</source>
      <translation>Auf anderem Rechner rechnen</translation>
    </message>
    <message>
      <source>Command that starts the backend</source>
      <translation>Befehl, der das Backend startet</translation>
    </message>
    <message>
      <source>Folder here</source>
      <translation>Ordner hier</translation>
    </message>
    <message>
      <source>The same folder there</source>
      <translation>Derselbe Ordner dort</translation>
    </message>
    <message>
      <source>Folders that both machines see</source>
      <translation>Ordner, die beide Rechner sehen</translation>
    </message>
    <message>
      <source>Add a folder…</source>
      <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
      <source>Remove the folder</source>
      <translation>Ordner entfernen</translation>
    </message>
    <message>
      <source>Check connection</source>
      <translation>Verbindung prüfen</translation>
    </message>
    <message>
      <source>Connecting…</source>
      <translation>Verbindung wird aufgebaut…</translation>
    </message>
    <message>
      <source>A server with a graphics card can do the computing. It needs the backend of this plugin and the files: rasters and results stay where they are, in folders that both machines see. Without a command, this machine computes.</source>
      <translation>Ein Server mit Grafikkarte kann das Rechnen übernehmen. Er braucht das Backend dieses Plugins und die Dateien: Raster und Ergebnisse bleiben, wo sie sind, in Ordnern, die beide Rechner sehen. Ohne Befehl rechnet dieser Rechner.</translation>
    </message>
    <message>
      <source>Command that starts the backend there, without a question:</source>
      <translation>Befehl, der das Backend dort ohne Rückfrage startet:</translation>
    </message>
    <message>
      <source>Folders that both machines see:</source>
      <translation>Ordner, die beide Rechner sehen:</translation>
    </message>
    <message>
      <source>Choose a folder that both machines see</source>
      <translation>Einen Ordner wählen, den beide Rechner sehen</translation>
    </message>
    <message>
      <source>It works: ready after {seconds} s, {folders} folders checked.</source>
      <translation>Es funktioniert: bereit nach {seconds} s, geprüfte Ordner: {folders}.</translation>
    </message>
    <message>
      <source>It answers after {seconds} s, but no folder is mapped: add one that has your rasters.</source>
      <translation>Antwort nach {seconds} s, aber kein Ordner ist zugeordnet: einen mit den eigenen Rastern hinzufügen.</translation>
    </message>
    <message>
      <source>&lt;b&gt;No runs yet.&lt;/b&gt;&lt;br&gt;Every embedding, training and map of this project will be listed here with its score, to be shown again, compared, exported or repeated. The list is saved with the project.</source>
      <translation>&lt;b&gt;Noch keine Läufe.&lt;/b&gt;&lt;br&gt;Hier erscheint jedes Embedding, jedes Training und jede Karte dieses Projekts mit Bewertung, um sie wieder zu zeigen, zu vergleichen, zu exportieren oder erneut auszuführen. Die Liste wird mit dem Projekt gespeichert.</translation>
    </message>
    <message>
      <source>More that can be done with this run</source>
      <translation>Was sich mit diesem Lauf noch tun lässt</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Mehr</translation>
    </message>
    <message>
      <source>Runs of this project</source>
      <translation>Läufe dieses Projekts</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Lauf</translation>
    </message>
    <message>
      <source>Score</source>
      <translation>Bewertung</translation>
    </message>
    <message>
      <source>When</source>
      <translation>Wann</translation>
    </message>
    <message>
      <source>"{name}" was removed from the list; its files stay.</source>
      <translation>"{name}" wurde aus der Liste entfernt; die Dateien bleiben.</translation>
    </message>
    <message>
      <source>files missing</source>
      <translation>Dateien fehlen</translation>
    </message>
    <message>
      <source>; raw bands {raw}</source>
      <translation>; Rohkanäle {raw}</translation>
    </message>
    <message>
      <source>Files missing: {names}. Repeat the run, or remove it from the list.</source>
      <translation>Dateien fehlen: {names}. Den Lauf erneut ausführen oder aus der Liste entfernen.</translation>
    </message>
    <message>
      <source>Show on map</source>
      <translation>Auf der Karte zeigen</translation>
    </message>
    <message>
      <source>Shows the layers of this run, and hides those of other runs of the scene.</source>
      <translation>Zeigt die Layer dieses Laufs und blendet die anderer Läufe der Szene aus.</translation>
    </message>
    <message>
      <source>Opens the report of the training in the browser.</source>
      <translation>Öffnet den Bericht des Trainings im Browser.</translation>
    </message>
    <message>
      <source>Compare with…</source>
      <translation>Vergleichen mit…</translation>
    </message>
    <message>
      <source>Compares scores and maps with another run.</source>
      <translation>Vergleicht Bewertungen und Karten mit einem anderen Lauf.</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exportieren…</translation>
    </message>
    <message>
      <source>Writes map, polygons, model, figures or request to another place.</source>
      <translation>Schreibt Karte, Polygone, Modell, Abbildungen oder Auftrag an einen anderen Ort.</translation>
    </message>
    <message>
      <source>Copy request</source>
      <translation>Auftrag kopieren</translation>
    </message>
    <message>
      <source>Copies what was asked as text; `mmearth run` repeats it.</source>
      <translation>Kopiert als Text, was verlangt wurde; `mmearth run` wiederholt es.</translation>
    </message>
    <message>
      <source>Save request as…</source>
      <translation>Auftrag speichern als…</translation>
    </message>
    <message>
      <source>Saves what was asked as a file; `mmearth run` repeats it.</source>
      <translation>Speichert als Datei, was verlangt wurde; `mmearth run` wiederholt es.</translation>
    </message>
    <message>
      <source>Repeat</source>
      <translation>Erneut ausführen</translation>
    </message>
    <message>
      <source>Runs the same once more, into new files.</source>
      <translation>Führt dasselbe noch einmal aus, in neue Dateien.</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>Ordner öffnen</translation>
    </message>
    <message>
      <source>Opens the folder with the files of this run.</source>
      <translation>Öffnet den Ordner mit den Dateien dieses Laufs.</translation>
    </message>
    <message>
      <source>Gives this run and its layer group another name.</source>
      <translation>Gibt diesem Lauf und seiner Layergruppe einen anderen Namen.</translation>
    </message>
    <message>
      <source>Remove from list</source>
      <translation>Aus Liste entfernen</translation>
    </message>
    <message>
      <source>Takes this run off the list; its files stay.</source>
      <translation>Nimmt diesen Lauf aus der Liste; die Dateien bleiben.</translation>
    </message>
    <message>
      <source>Save the weights as</source>
      <translation>Gewichte speichern als</translation>
    </message>
    <message>
      <source>"{path}" is not a full path. Choose where to save the weights.</source>
      <translation>"{path}" ist kein vollständiger Pfad. Wählen, wohin die Gewichte gespeichert werden.</translation>
    </message>
    <message>
      <source>A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. Go on from there, or choose another file name.</source>
      <translation>Ein Lauf für "{name}" endete nach Schritt {step}; ein neuer würde das Gespeicherte überschreiben. Ihn dort fortsetzen oder einen anderen Dateinamen wählen.</translation>
    </message>
    <message>
      <source>Go on from step {n}</source>
      <translation>Fortsetzen ab Schritt {n}</translation>
    </message>
    <message>
      <source>Parts that were hidden, and what was predicted. Click to open it in full size.</source>
      <translation>Verdeckte Teile und was vorhergesagt wurde. Ein Klick öffnet das Bild in voller Größe.</translation>
    </message>
    <message>
      <source>Logarithmic axis</source>
      <translation>Logarithmische Achse</translation>
    </message>
    <message>
      <source>Step {step} of {total}</source>
      <translation>Schritt {step} von {total}</translation>
    </message>
    <message>
      <source>Learned weights of the tasks:</source>
      <translation>Gelernte Gewichte der Aufgaben:</translation>
    </message>
    <message>
      <source>&lt;b&gt;{name}&lt;/b&gt;: {steps} steps in {time}, final loss {loss}</source>
      <translation>&lt;b&gt;{name}&lt;/b&gt;: {steps} Schritte in {time}, endgültiger Loss {loss}</translation>
    </message>
    <message>
      <source>Principal components</source>
      <translation>Hauptkomponenten</translation>
    </message>
    <message>
      <source>What tells classes apart</source>
      <translation>Was Klassen unterscheidet</translation>
    </message>
    <message>
      <source>Classes need a label layer with polygons of two classes, in step Label.</source>
      <translation>Klassen erfordern einen Label-Layer mit Polygonen zweier Klassen, im Schritt Labels.</translation>
    </message>
    <message>
      <source>Draw points of what is in view</source>
      <translation>Punkte aus dem Ausschnitt zeichnen</translation>
    </message>
    <message>
      <source>Choose points with a lasso (or hold Shift)</source>
      <translation>Punkte mit dem Lasso wählen (oder Umschalt halten)</translation>
    </message>
    <message>
      <source>Show all points (0)</source>
      <translation>Alle Punkte zeigen (0)</translation>
    </message>
    <message>
      <source>Click the map to find a place in the plot</source>
      <translation>Auf die Karte klicken, um einen Ort im Diagramm zu finden</translation>
    </message>
    <message>
      <source>Zoom to the chosen points, make them a class, save the plot</source>
      <translation>Auf die gewählten Punkte zoomen, daraus eine Klasse machen, das Diagramm speichern</translation>
    </message>
    <message>
      <source>Save as picture…</source>
      <translation>Als Bild speichern…</translation>
    </message>
    <message>
      <source>Axes</source>
      <translation>Achsen</translation>
    </message>
    <message>
      <source>Scatter plot of the embedding</source>
      <translation>Streudiagramm des Embeddings</translation>
    </message>
    <message>
      <source>The points appear here.</source>
      <translation>Hier erscheinen die Punkte.</translation>
    </message>
    <message>
      <source>Whole layer</source>
      <translation>Ganzer Layer</translation>
    </message>
    <message>
      <source>Map canvas</source>
      <translation>Kartenausschnitt</translation>
    </message>
    <message>
      <source>Drawn rectangle</source>
      <translation>Gezeichnetes Rechteck</translation>
    </message>
    <message>
      <source>Polygon layer</source>
      <translation>Polygonlayer</translation>
    </message>
    <message>
      <source>Draw on the map</source>
      <translation>Auf der Karte zeichnen</translation>
    </message>
    <message>
      <source>Recognise</source>
      <translation>Erkennen</translation>
    </message>
    <message>
      <source>DN × 10 000</source>
      <translation>DN × 10 000</translation>
    </message>
    <message>
      <source>DN, +1000 offset</source>
      <translation>DN, Offset +1000</translation>
    </message>
    <message>
      <source>Reflectance 0–1</source>
      <translation>Reflexionsgrad 0–1</translation>
    </message>
    <message>
      <source>8 bit</source>
      <translation>8 Bit</translation>
    </message>
    <message>
      <source>As they are</source>
      <translation>Unverändert</translation>
    </message>
    <message>
      <source>Weights (*.safetensors *.pt *.pth)</source>
      <translation>Gewichte (*.safetensors *.pt *.pth)</translation>
    </message>
    <message>
      <source>Download MMEarth weights…</source>
      <translation>MMEarth-Gewichte laden…</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Gerät</translation>
    </message>
    <message>
      <source>Results in</source>
      <translation>Ergebnisse in</translation>
    </message>
    <message>
      <source>{w} × {h} pixels of {res}, {crs}</source>
      <translation>{w} × {h} Pixel zu {res}, {crs}</translation>
    </message>
    <message>
      <source>Where "{name}" lies is not known yet. Wait until it is described, or use all of it.</source>
      <translation>Wo "{name}" liegt, ist noch nicht bekannt. Warten, bis der Layer beschrieben ist, oder ihn ganz verwenden.</translation>
    </message>
    <message>
      <source>No rectangle is drawn yet. Use "Draw on the map", or choose another extent.</source>
      <translation>Noch kein Rechteck gezeichnet. "Auf der Karte zeichnen" verwenden oder eine andere Ausdehnung wählen.</translation>
    </message>
    <message>
      <source>The rectangle is empty; draw it by dragging.</source>
      <translation>Das Rechteck ist leer; durch Ziehen zeichnen.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} on held-out labels; raw bands {raw}, majority {majority}</source>
      <translation>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} auf zurückgehaltenen Labels; Rohkanäle {raw}, Mehrheitsklasse {majority}</translation>
    </message>
    <message>
      <source>{rung}: {steps} steps in {time}, the best after step {best}</source>
      <translation>{rung}: {steps} Schritte in {time}, am besten nach Schritt {best}</translation>
    </message>
    <message>
      <source>Tried: {scores}</source>
      <translation>Versucht: {scores}</translation>
    </message>
    <message>
      <source>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} on {held}; raw bands {raw}, majority {majority}</source>
      <translation>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} auf {held}; Rohkanäle {raw}, Mehrheitsklasse {majority}</translation>
    </message>
    <message>
      <source>Probabilities are calibrated: they differ from the truth by {n} percent points on average</source>
      <translation>Die Wahrscheinlichkeiten sind kalibriert: sie weichen im Mittel um {n} Prozentpunkte von der Wahrheit ab</translation>
    </message>
    <message>
      <source>"Check the map" in step "Map" tests the map itself.</source>
      <translation>"Karte prüfen" im Schritt "Karte" testet die Karte selbst.</translation>
    </message>
    <message>
      <source>&lt;b&gt;R² {r2}&lt;/b&gt; on {held}; typical error {rmse} (RMSE), mean error {mae}, bias {bias}</source>
      <translation>&lt;b&gt;R² {r2}&lt;/b&gt; auf {held}; typischer Fehler {rmse} (RMSE), mittlerer Fehler {mae}, Bias {bias}</translation>
    </message>
    <message>
      <source>RMSE of raw bands {raw}, of always saying the mean {mean}</source>
      <translation>RMSE der Rohkanäle {raw}, wenn immer der Mittelwert vorhergesagt wird {mean}</translation>
    </message>
    <message>
      <source>The 90 % interval holds {share} % of them</source>
      <translation>Das 90-%-Intervall enthält {share} % davon</translation>
    </message>
    <message>
      <source>An upper bound: polygons are purer than the map.</source>
      <translation>Eine Obergrenze: Polygone sind reiner als die Karte.</translation>
    </message>
    <message>
      <source>held-out blocks of polygons</source>
      <translation>zurückgehaltenen Polygonblöcken</translation>
    </message>
    <message>
      <source>held-out polygons</source>
      <translation>zurückgehaltenen Polygonen</translation>
    </message>
    <message>
      <source>No score: {reason}</source>
      <translation>Keine Bewertung: {reason}</translation>
    </message>
    <message>
      <source>too few polygons</source>
      <translation>zu wenige Polygone</translation>
    </message>
    <message>
      <source>Pick places on the map</source>
      <translation>Orte auf der Karte wählen</translation>
    </message>
    <message>
      <source>Click a place to find others like it. Shift or the right button: a place that is not meant. Backspace takes the last one back, Escape ends.</source>
      <translation>Einen Ort anklicken, um ähnliche zu finden. Umschalt oder rechte Maustaste: ein Ort, der nicht gemeint ist. Rücktaste nimmt den letzten zurück, Esc beendet.</translation>
    </message>
    <message>
      <source>Like the selected polygons</source>
      <translation>Wie die ausgewählten Polygone</translation>
    </message>
    <message>
      <source>Finds places like the selected features of the active layer, or else like the active class.</source>
      <translation>Findet Orte wie die ausgewählten Objekte des aktiven Layers oder sonst wie die aktive Klasse.</translation>
    </message>
    <message>
      <source>Start again</source>
      <translation>Von vorn beginnen</translation>
    </message>
    <message>
      <source>Forgets the places and takes the layer away.</source>
      <translation>Vergisst die Orte und entfernt den Layer.</translation>
    </message>
    <message>
      <source>Similarity from which places are shown</source>
      <translation>Ähnlichkeit, ab der Orte gezeigt werden</translation>
    </message>
    <message>
      <source>To the right: only the most similar places.</source>
      <translation>Nach rechts: nur die ähnlichsten Orte.</translation>
    </message>
    <message>
      <source>Adds what is shown in view to the label layer, as polygons of a class.</source>
      <translation>Fügt das im Kartenausschnitt Gezeigte als Polygone einer Klasse zum Label-Layer hinzu.</translation>
    </message>
    <message>
      <source>at least {value}</source>
      <translation>mindestens {value}</translation>
    </message>
    <message>
      <source>{n} % of the view</source>
      <translation>{n} % des Ausschnitts</translation>
    </message>
    <message>
      <source>choose a raster layer</source>
      <translation>Rasterlayer wählen</translation>
    </message>
    <message>
      <source>Choose a layer again</source>
      <translation>Wieder einen Layer wählen</translation>
    </message>
    <message>
      <source>A folder or zip of bands that is no layer, such as a Sentinel-2 product</source>
      <translation>Ein Ordner oder Zip mit Kanälen, der kein Layer ist, etwa ein Sentinel-2-Produkt</translation>
    </message>
    <message>
      <source>Folder (SAFE)…</source>
      <translation>Ordner (SAFE)…</translation>
    </message>
    <message>
      <source>Zip…</source>
      <translation>Zip…</translation>
    </message>
    <message>
      <source>{n} layers as one scene</source>
      <translation>{n} Layer als eine Szene</translation>
    </message>
    <message>
      <source>Layers selected in the layer panel:
{names}</source>
      <translation>Im Layerbedienfeld ausgewählte Layer:
{names}</translation>
    </message>
    <message>
      <source>Folder of one Sentinel-2 scene (.SAFE)</source>
      <translation>Ordner einer Sentinel-2-Szene (.SAFE)</translation>
    </message>
    <message>
      <source>Zip of one Sentinel-2 scene</source>
      <translation>Zip einer Sentinel-2-Szene</translation>
    </message>
    <message>
      <source>Zip (*.zip)</source>
      <translation>Zip (*.zip)</translation>
    </message>
    <message>
      <source>More: sample project, settings, help</source>
      <translation>Mehr: Beispielprojekt, Einstellungen, Hilfe</translation>
    </message>
    <message>
      <source>Opens the page of the tutorial about this step in the browser.</source>
      <translation>Öffnet die Seite der Anleitung zu diesem Schritt im Browser.</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Hilfe</translation>
    </message>
    <message>
      <source>not yet possible</source>
      <translation>noch nicht möglich</translation>
    </message>
    <message>
      <source>ready</source>
      <translation>bereit</translation>
    </message>
    <message>
      <source>running</source>
      <translation>läuft</translation>
    </message>
    <message>
      <source>out of date</source>
      <translation>veraltet</translation>
    </message>
    <message>
      <source>done</source>
      <translation>fertig</translation>
    </message>
    <message>
      <source>problem</source>
      <translation>Problem</translation>
    </message>
    <message>
      <source>Where should I label next?</source>
      <translation>Wo als Nächstes labeln?</translation>
    </message>
    <message>
      <source>Finds places that would teach the last model most, each with a reason.</source>
      <translation>Findet Orte, aus denen das letzte Modell am meisten lernen würde, jeweils mit einem Grund.</translation>
    </message>
    <message>
      <source>Accept as label</source>
      <translation>Als Label übernehmen</translation>
    </message>
    <message>
      <source>Chooses the suggested class and starts a polygon in the label layer. Choose another class if it is wrong.</source>
      <translation>Wählt die vorgeschlagene Klasse und beginnt ein Polygon im Label-Layer. Eine andere Klasse wählen, wenn sie falsch ist.</translation>
    </message>
    <message>
      <source>There is no model yet. Use "Train and predict" in step "Train", or choose a saved model in step "Map".</source>
      <translation>Es gibt noch kein Modell. Im Schritt "Training" auf "Trainieren und vorhersagen" klicken oder im Schritt "Karte" ein gespeichertes Modell wählen.</translation>
    </message>
    <message>
      <source>The suggested point is gone. Ask again where to label next.</source>
      <translation>Der vorgeschlagene Punkt ist nicht mehr da. Erneut fragen, wo als Nächstes zu labeln ist.</translation>
    </message>
    <message>
      <source>Point {n} of {all}</source>
      <translation>Punkt {n} von {all}</translation>
    </message>
    <message>
      <source>Add layer</source>
      <translation>Hinzufügen</translation>
    </message>
    <message>
      <source>Remove layer</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Predict also</source>
      <translation>Auch vorhersagen</translation>
    </message>
    <message>
      <source>Layers on the same ground: elevation, radar, land cover… The encoder learns to predict them as well.</source>
      <translation>Layer desselben Gebiets: Höhe, Radar, Landbedeckung… Der Encoder lernt, auch sie vorherzusagen.</translation>
    </message>
    <message>
      <source>Two layers to predict are named "{name}". Double-click one of the names to change it.</source>
      <translation>Zwei vorherzusagende Layer heißen "{name}". Einen der Namen mit Doppelklick ändern.</translation>
    </message>
    <message>
      <source>The layer of "{name}" is no longer in the project. Remove it from the list.</source>
      <translation>Der Layer von "{name}" ist nicht mehr im Projekt. Ihn aus der Liste entfernen.</translation>
    </message>
    <message>
      <source>continuous</source>
      <translation>kontinuierlich</translation>
    </message>
    <message>
      <source>classes</source>
      <translation>Klassen</translation>
    </message>
    <message>
      <source>Each pixel: segmentation</source>
      <translation>Jedes Pixel: Segmentierung</translation>
    </message>
    <message>
      <source>Cells of a grid</source>
      <translation>Zellen eines Gitters</translation>
    </message>
    <message>
      <source>Polygons as wholes</source>
      <translation>Polygone als Ganzes</translation>
    </message>
    <message>
      <source>Scenes as wholes</source>
      <translation>Szenen als Ganzes</translation>
    </message>
    <message>
      <source>Several classes each</source>
      <translation>Je mehrere Klassen</translation>
    </message>
    <message>
      <source>Values like "forest;water" name all classes that are there.</source>
      <translation>Werte wie "Wald;Wasser" nennen alle vorhandenen Klassen.</translation>
    </message>
    <message>
      <source>The scene of step "Scene"</source>
      <translation>Die Szene des Schritts "Szene"</translation>
    </message>
    <message>
      <source>Folder of rasters</source>
      <translation>Ordner mit Rastern</translation>
    </message>
    <message>
      <source>Folder of rasters with the same bands</source>
      <translation>Ordner mit Rastern mit denselben Kanälen</translation>
    </message>
    <message>
      <source>Class rasters named like their scenes</source>
      <translation>Klassenraster, benannt wie ihre Szenen</translation>
    </message>
    <message>
      <source>Table with the columns "scene" and "class"</source>
      <translation>Tabelle mit den Spalten "scene" und "class"</translation>
    </message>
    <message>
      <source>The scene "{found}" was not found. Choose rasters that are there.</source>
      <translation>Die Szene "{found}" wurde nicht gefunden. Vorhandene Raster wählen.</translation>
    </message>
    <message>
      <source>Folder "{found}" holds no rasters (.tif, .vrt, .jp2, .img). Choose the folder of the scenes.</source>
      <translation>Ordner "{found}" enthält keine Raster (.tif, .vrt, .jp2, .img). Den Ordner der Szenen wählen.</translation>
    </message>
    <message>
      <source>No scene is chosen to learn from. Choose at least one raster file.</source>
      <translation>Keine Szene zum Lernen gewählt. Mindestens eine Rasterdatei wählen.</translation>
    </message>
    <message>
      <source>A network tells classes apart, and estimates no numbers. Choose a class field in step "Label".</source>
      <translation>Ein Netz unterscheidet Klassen und schätzt keine Zahlenwerte. Im Schritt "Labels" ein Klassenfeld wählen.</translation>
    </message>
    <message>
      <source>Folder "{path}" holds no class rasters. Choose one with a raster named like each scene.</source>
      <translation>Ordner "{path}" enthält keine Klassenraster. Einen mit einem Raster je Szene wählen, benannt wie diese.</translation>
    </message>
    <message>
      <source>There is no table "{path}". Choose a .csv with the columns "scene" and "class".</source>
      <translation>Die Tabelle "{path}" gibt es nicht. Eine .csv mit den Spalten "scene" und "class" wählen.</translation>
    </message>
    <message>
      <source>Tell apart</source>
      <translation>Unterscheiden</translation>
    </message>
    <message>
      <source>Learn from</source>
      <translation>Lernen aus</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Labels</translation>
    </message>
    <message>
      <source>Polygons of step "Label"</source>
      <translation>Polygone des Schritts "Labels"</translation>
    </message>
    <message>
      <source>Folder of masks</source>
      <translation>Ordner mit Masken</translation>
    </message>
    <message>
      <source>Table of scenes</source>
      <translation>Tabelle mit Szenen</translation>
    </message>
    <message>
      <source>Choose the polygon layer and its class field in step "Label".</source>
      <translation>Den Polygonlayer und sein Klassenfeld im Schritt "Labels" wählen.</translation>
    </message>
    <message>
      <source>Scores on held-out labels appear here.</source>
      <translation>Hier erscheint die Bewertung auf zurückgehaltenen Labels.</translation>
    </message>
    <message>
      <source>The learning rate appears here.</source>
      <translation>Hier erscheint die Lernrate.</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>Saves the run and ends it; it goes on from there, also after QGIS was closed.</source>
      <translation>Speichert den Lauf und beendet ihn; er lässt sich dort fortsetzen, auch nachdem QGIS geschlossen wurde.</translation>
    </message>
    <message>
      <source>Map the scene</source>
      <translation>Szene kartieren</translation>
    </message>
    <message>
      <source>Reading the labels…</source>
      <translation>Labels werden gelesen…</translation>
    </message>
    <message>
      <source>; best held-out F1 {score:.2f}</source>
      <translation>; bestes F1 auf Zurückgehaltenem {score:.2f}</translation>
    </message>
    <message>
      <source>Maps the scene of step "Scene" with {name}.</source>
      <translation>Kartiert die Szene des Schritts "Szene" mit {name}.</translation>
    </message>
    <message>
      <source>Stopped before anything was learned.</source>
      <translation>Angehalten, bevor etwas gelernt wurde.</translation>
    </message>
    <message>
      <source>Paused after step {n}.</source>
      <translation>Angehalten nach Schritt {n}.</translation>
    </message>
    <message>
      <source> The best network so far is kept: held-out F1 {score:.2f}.</source>
      <translation> Das bisher beste Netz ist gesichert: F1 auf Zurückgehaltenem {score:.2f}.</translation>
    </message>
    <message>
      <source>MMEarth panel</source>
      <translation>MMEarth-Bedienfeld</translation>
    </message>
    <message>
      <source>Embed layer (MMEarth)</source>
      <translation>Layer einbetten (MMEarth)</translation>
    </message>
    <message>
      <source>The polygon is gone. Compare again.</source>
      <translation>Das Polygon ist nicht mehr da. Erneut vergleichen.</translation>
    </message>
    <message>
      <source>No map to compare with. </source>
      <translation>Keine Karte zum Vergleichen. </translation>
    </message>
    <message>
      <source>No label layer to compare. </source>
      <translation>Kein Label-Layer zum Vergleichen. </translation>
    </message>
    <message>
      <source>Switch on "Live preview", or use "Train and predict".</source>
      <translation>"Live-Vorschau" einschalten oder "Trainieren und vorhersagen" verwenden.</translation>
    </message>
    <message>
      <source>Choose one in step "Label".</source>
      <translation>Im Schritt "Labels" einen wählen.</translation>
    </message>
    <message>
      <source>Labels and map cannot be compared ({error}). Choose another project CRS.</source>
      <translation>Labels und Karte lassen sich nicht vergleichen ({error}). Ein anderes Projekt-KBS wählen.</translation>
    </message>
    <message>
      <source>Preview</source>
      <translation>Vorschau</translation>
    </message>
    <message>
      <source>The preview "{path}" could not be loaded. Look at the log panel.</source>
      <translation>Die Vorschau "{path}" ließ sich nicht laden. Im Protokoll nachsehen.</translation>
    </message>
    <message>
      <source>Preparing…</source>
      <translation>Wird vorbereitet…</translation>
    </message>
    <message>
      <source>No map to compare with the image yet. Switch on "Live preview", or use "Train and predict".</source>
      <translation>Noch keine Karte, die sich mit dem Bild vergleichen lässt. "Live-Vorschau" einschalten oder "Trainieren und vorhersagen" verwenden.</translation>
    </message>
    <message>
      <source>Preparing… {n} %</source>
      <translation>Wird vorbereitet… {n} %</translation>
    </message>
    <message>
      <source>Preview of {n} classes, {time} s</source>
      <translation>Vorschau von {n} Klassen, {time} s</translation>
    </message>
    <message>
      <source>"{folder}" is no full path. Write folders from the root, as in "{example}".</source>
      <translation>"{folder}" ist kein vollständiger Pfad. Ordner vom Wurzelverzeichnis an angeben, wie in "{example}".</translation>
    </message>
    <message>
      <source>The command "{command}" has a quotation mark without its end. Close it, or take it away.</source>
      <translation>Im Befehl "{command}" fehlt zu einem Anführungszeichen das schließende. Es ergänzen oder das öffnende entfernen.</translation>
    </message>
    <message>
      <source>Write the command that starts the backend, such as: {example}</source>
      <translation>Den Befehl eingeben, der das Backend startet, zum Beispiel: {example}</translation>
    </message>
    <message>
      <source>The backend on the other machine is version {found}, protocol {found_protocol}; this plugin wants version {wanted}, protocol {wanted_protocol}.</source>
      <translation>Das Backend auf dem anderen Rechner hat Version {found}, Protokoll {found_protocol}; dieses Plugin braucht Version {wanted}, Protokoll {wanted_protocol}.</translation>
    </message>
    <message>
      <source>Copy the folder "backend" and the folder "resources" of this plugin to the other machine, over those that are there, and install backend/requirements.txt there again.</source>
      <translation>Die Ordner "backend" und "resources" dieses Plugins auf den anderen Rechner kopieren, dabei die vorhandenen überschreiben, und dort backend/requirements.txt neu installieren.</translation>
    </message>
    <message>
      <source>The mapped folder "{folder}" of this machine cannot be written: {reason}.</source>
      <translation>In den zugeordneten Ordner "{folder}" dieses Rechners lässt sich nicht schreiben: {reason}.</translation>
    </message>
    <message>
      <source>"{here}" here is not usable as "{there}" there:</source>
      <translation>"{here}" hier ist nicht als "{there}" dort verwendbar:</translation>
    </message>
    <message>
      <source>Check the pair under "Compute on another machine…", and that the shared folder is mounted on both machines.</source>
      <translation>Das Ordnerpaar unter "Auf anderem Rechner rechnen…" prüfen, und ob der gemeinsame Ordner auf beiden Rechnern eingehängt ist.</translation>
    </message>
    <message>
      <source>a file written here was not found there ({reason}). The folder is another one, or is not mounted.</source>
      <translation>eine hier geschriebene Datei wurde dort nicht gefunden ({reason}). Es ist ein anderer Ordner, oder er ist nicht eingehängt.</translation>
    </message>
    <message>
      <source>it is empty there</source>
      <translation>sie ist dort leer</translation>
    </message>
    <message>
      <source>a file written here has another content there. The folder there is a copy, or an old state.</source>
      <translation>eine hier geschriebene Datei hat dort einen anderen Inhalt. Der Ordner dort ist eine Kopie oder ein alter Stand.</translation>
    </message>
    <message>
      <source>the other machine can read it but not write there ({reason}).</source>
      <translation>der andere Rechner kann ihn lesen, aber nicht hineinschreiben ({reason}).</translation>
    </message>
    <message>
      <source>a file written there was not found here ({reason}).</source>
      <translation>eine dort geschriebene Datei wurde hier nicht gefunden ({reason}).</translation>
    </message>
    <message>
      <source>a file written there has another content here.</source>
      <translation>eine dort geschriebene Datei hat hier einen anderen Inhalt.</translation>
    </message>
    <message>
      <source>"{path}" lies in no folder that the other machine sees too. It sees: {folders}.</source>
      <translation>"{path}" liegt in keinem Ordner, den auch der andere Rechner sieht. Er sieht: {folders}.</translation>
    </message>
    <message>
      <source>"{path}" is on this machine, and no folder is mapped that the other machine sees too.</source>
      <translation>"{path}" liegt auf diesem Rechner, und es ist kein Ordner zugeordnet, den auch der andere Rechner sieht.</translation>
    </message>
    <message>
      <source>Copy it into a mapped folder, choose a place there for what is to be written, or add its folder under "Compute on another machine…".</source>
      <translation>Die Datei in einen zugeordneten Ordner kopieren, dort einen Platz für das zu Schreibende wählen oder ihren Ordner unter "Auf anderem Rechner rechnen…" hinzufügen.</translation>
    </message>
    <message>
      <source>The connection to the other machine was lost, or the program there was killed.</source>
      <translation>Die Verbindung zum anderen Rechner ging verloren, oder das Programm dort wurde beendet.</translation>
    </message>
    <message>
      <source>Look whether that machine still runs and has enough memory, then start it again.</source>
      <translation>Nachsehen, ob der andere Rechner noch läuft und genug Arbeitsspeicher hat, dann erneut starten.</translation>
    </message>
    <message>
      <source>The command for the other machine cannot be started: there is no program "{program}" here.</source>
      <translation>Der Befehl für den anderen Rechner lässt sich nicht starten: Hier gibt es kein Programm "{program}".</translation>
    </message>
    <message>
      <source>Install it (ssh comes with OpenSSH), or correct the command under "Compute on another machine…".</source>
      <translation>Das Programm installieren (ssh gehört zu OpenSSH) oder den Befehl unter "Auf anderem Rechner rechnen…" korrigieren.</translation>
    </message>
    <message>
      <source>It may wait for a password or for an answer: add "-o BatchMode=yes" after "ssh" in the command to see what it asks, and try the command in a terminal.</source>
      <translation>Der Befehl wartet womöglich auf ein Passwort oder eine Antwort: im Befehl nach "ssh" die Option "-o BatchMode=yes" einfügen, um zu sehen, was gefragt wird, und den Befehl in einem Terminal ausprobieren.</translation>
    </message>
    <message>
      <source>Try the command in a terminal first; it must start without a question.</source>
      <translation>Den Befehl zuerst in einem Terminal ausprobieren; er muss ohne Rückfrage starten.</translation>
    </message>
    <message>
      <source>The name of the other machine, "{host}", is not known here.</source>
      <translation>Der Name des anderen Rechners, "{host}", ist hier nicht bekannt.</translation>
    </message>
    <message>
      <source>Check the name for typing mistakes, and whether a VPN is needed.</source>
      <translation>Den Namen auf Tippfehler prüfen, und ob ein VPN nötig ist.</translation>
    </message>
    <message>
      <source>The other machine is not known to ssh yet, or shows another key than before.</source>
      <translation>Der andere Rechner ist ssh noch nicht bekannt oder zeigt einen anderen Schlüssel als zuvor.</translation>
    </message>
    <message>
      <source>Connect once in a terminal with the same command, compare the key with what its administrator says, and answer yes.</source>
      <translation>Einmal in einem Terminal mit demselben Befehl verbinden, den Schlüssel mit der Angabe der dortigen Systemadministration vergleichen und mit yes antworten.</translation>
    </message>
    <message>
      <source>The other machine did not accept the login ({methods}).</source>
      <translation>Der andere Rechner hat die Anmeldung nicht angenommen ({methods}).</translation>
    </message>
    <message>
      <source>Set up a key without a question (ssh-keygen, ssh-copy-id, or an ssh agent). {by_hand}</source>
      <translation>Einen Schlüssel einrichten, der ohne Rückfrage funktioniert (ssh-keygen, ssh-copy-id oder ein ssh-Agent). {by_hand}</translation>
    </message>
    <message>
      <source>The other machine answers, but no ssh server listens there at this port.</source>
      <translation>Der andere Rechner antwortet, aber dort lauscht kein ssh-Server auf diesem Port.</translation>
    </message>
    <message>
      <source>Start its ssh server, or name the port in the command, as in "ssh -p 2222 …".</source>
      <translation>Den ssh-Server dort starten oder den Port im Befehl angeben, wie in "ssh -p 2222 …".</translation>
    </message>
    <message>
      <source>The other machine cannot be reached.</source>
      <translation>Der andere Rechner ist nicht erreichbar.</translation>
    </message>
    <message>
      <source>Look whether it is switched on, and whether a VPN is needed.</source>
      <translation>Nachsehen, ob er eingeschaltet ist und ob ein VPN nötig ist.</translation>
    </message>
    <message>
      <source>The shell there found no program "{program}".</source>
      <translation>Die Shell dort hat kein Programm "{program}" gefunden.</translation>
    </message>
    <message>
      <source>Write the full path of mmearth on the other machine in the command. {by_hand}</source>
      <translation>Im Befehl den vollständigen Pfad von mmearth auf dem anderen Rechner angeben. {by_hand}</translation>
    </message>
    <message>
      <source>The connection to the other machine was lost.</source>
      <translation>Die Verbindung zum anderen Rechner ging verloren.</translation>
    </message>
    <message>
      <source>Look at the network, then start it again; trainings go on from their checkpoint. "-o ServerAliveInterval=15" in the command keeps idle connections open.</source>
      <translation>Das Netzwerk prüfen, dann erneut starten; Trainings werden ab ihrem Checkpoint fortgesetzt. "-o ServerAliveInterval=15" im Befehl hält untätige Verbindungen offen.</translation>
    </message>
    <message>
      <source>Polygons with values</source>
      <translation>Polygone mit Werten</translation>
    </message>
    <message>
      <source>Copying files</source>
      <translation>Dateien werden kopiert</translation>
    </message>
    <message>
      <source>The file could not be written: {reason} ("{path}"). Choose another place, or free some space.</source>
      <translation>Die Datei ließ sich nicht schreiben: {reason} ("{path}"). Einen anderen Ort wählen oder Platz schaffen.</translation>
    </message>
    <message>
      <source>The request of run "{name}" could not be written to "{path}": {reason}</source>
      <translation>Der Auftrag des Laufs "{name}" ließ sich nicht nach "{path}" schreiben: {reason}</translation>
    </message>
    <message>
      <source>Fine-tuned network</source>
      <translation>Netz nach Fine-Tuning</translation>
    </message>
    <message>
      <source>{n} · {what}</source>
      <translation>{n} · {what}</translation>
    </message>
    <message>
      <source>The scores of the classes were not read from the report: {error}</source>
      <translation>Die Bewertung der Klassen ließ sich nicht aus dem Bericht lesen: {error}</translation>
    </message>
    <message>
      <source>A stored run could not be read and is left out: {error}</source>
      <translation>Ein gespeicherter Lauf ließ sich nicht lesen und wird ausgelassen: {error}</translation>
    </message>
    <message>
      <source>Run "{name}" was made by another version and cannot be repeated: {error}</source>
      <translation>Lauf "{name}" stammt aus einer anderen Version und lässt sich nicht erneut ausführen: {error}</translation>
    </message>
    <message>
      <source>"{path}", which run "{name}" was made from, is gone. Put it back, then repeat the run.</source>
      <translation>"{path}", woraus Lauf "{name}" entstand, ist nicht mehr da. Zurücklegen, dann den Lauf erneut ausführen.</translation>
    </message>
    <message>
      <source>That run is no longer in the list.</source>
      <translation>Dieser Lauf ist nicht mehr in der Liste.</translation>
    </message>
    <message>
      <source>The files of "{name}" are gone. Repeat the run, or remove it from the list.</source>
      <translation>Die Dateien von "{name}" sind nicht mehr da. Den Lauf erneut ausführen oder aus der Liste entfernen.</translation>
    </message>
    <message>
      <source>The report "{path}" is gone. Repeat the run to write it again.</source>
      <translation>Der Bericht "{path}" ist nicht mehr da. Den Lauf erneut ausführen, um ihn wieder zu schreiben.</translation>
    </message>
    <message>
      <source>The folder "{path}" is gone.</source>
      <translation>Der Ordner "{path}" ist nicht mehr da.</translation>
    </message>
    <message>
      <source>The request was copied. Saved to a file, `mmearth run` repeats it.</source>
      <translation>Der Auftrag wurde kopiert. Als Datei gespeichert lässt er sich mit `mmearth run` wiederholen.</translation>
    </message>
    <message>
      <source>Save request as</source>
      <translation>Auftrag speichern als</translation>
    </message>
    <message>
      <source>Request files (*.json)</source>
      <translation>Auftragsdateien (*.json)</translation>
    </message>
    <message>
      <source>The request cannot be written to "{path}" ({reason}). Choose another place.</source>
      <translation>Der Auftrag lässt sich nicht nach "{path}" schreiben ({reason}). Einen anderen Ort wählen.</translation>
    </message>
    <message>
      <source>Saved: {path}</source>
      <translation>Gespeichert: {path}</translation>
    </message>
    <message>
      <source>The map of "{name}" is gone ("{path}"). Repeat that run, or choose another one.</source>
      <translation>Die Karte von "{name}" ist nicht mehr da ("{path}"). Diesen Lauf erneut ausführen oder einen anderen wählen.</translation>
    </message>
    <message>
      <source>Differences {first} → {second}</source>
      <translation>Unterschiede {first} → {second}</translation>
    </message>
    <message>
      <source>"{path}" is gone. Repeat the run, or choose another one.</source>
      <translation>"{path}" ist nicht mehr da. Den Lauf erneut ausführen oder einen anderen wählen.</translation>
    </message>
    <message>
      <source>Files are being copied. Wait until they are.</source>
      <translation>Dateien werden gerade kopiert. Warten, bis das fertig ist.</translation>
    </message>
    <message>
      <source>"{name}" would replace itself. Choose another file.</source>
      <translation>"{name}" würde sich selbst ersetzen. Eine andere Datei wählen.</translation>
    </message>
    <message>
      <source>The folder "{path}" does not exist. Choose another one.</source>
      <translation>Der Ordner "{path}" existiert nicht. Einen anderen wählen.</translation>
    </message>
    <message>
      <source>Written: {path}</source>
      <translation>Geschrieben: {path}</translation>
    </message>
    <message>
      <source>The report "{path}" has no figures as files.</source>
      <translation>Zum Bericht "{path}" gibt es keine Abbildungen als Dateien.</translation>
    </message>
    <message>
      <source>F1 {score}</source>
      <translation>F1 {score}</translation>
    </message>
    <message>
      <source>R² {score}</source>
      <translation>R² {score}</translation>
    </message>
    <message>
      <source>Change</source>
      <translation>Änderung</translation>
    </message>
    <message>
      <source>Macro F1</source>
      <translation>Macro F1</translation>
    </message>
    <message>
      <source>Raw bands</source>
      <translation>Rohkanäle</translation>
    </message>
    <message>
      <source>Majority</source>
      <translation>Mehrheitsklasse</translation>
    </message>
    <message>
      <source>Neither run has a score: only runs that train a model have one.</source>
      <translation>Keiner der Läufe hat eine Bewertung: nur Läufe, die ein Modell trainieren, haben eine.</translation>
    </message>
    <message>
      <source>Not both of the runs have a score.</source>
      <translation>Nicht beide Läufe haben eine Bewertung.</translation>
    </message>
    <message>
      <source>Whether that is more than noise is not known: a run has no interval.</source>
      <translation>Ob das mehr als Rauschen ist, ist nicht bekannt: einem Lauf fehlt das Konfidenzintervall.</translation>
    </message>
    <message>
      <source>Within noise: the 95 % intervals overlap ({first} and {second}).</source>
      <translation>Im Bereich des Rauschens: die 95-%-Intervalle überlappen sich ({first} und {second}).</translation>
    </message>
    <message>
      <source>More than noise: the 95 % intervals are apart ({first} and {second}).</source>
      <translation>Mehr als Rauschen: die 95-%-Intervalle überlappen sich nicht ({first} und {second}).</translation>
    </message>
    <message>
      <source>They were scored on other labels, so compare with care.</source>
      <translation>Sie wurden an verschiedenen Labels bewertet, daher mit Vorsicht vergleichen.</translation>
    </message>
    <message>
      <source>Sample labels</source>
      <translation>Beispiel-Labels</translation>
    </message>
    <message>
      <source>The sample project "{path}" cannot be opened. Remove it, or choose another folder.</source>
      <translation>Das Beispielprojekt "{path}" lässt sich nicht öffnen. Es entfernen oder einen anderen Ordner wählen.</translation>
    </message>
    <message>
      <source>The sample cannot be copied to "{folder}" ({reason}). Choose another folder.</source>
      <translation>Das Beispiel lässt sich nicht nach "{folder}" kopieren ({reason}). Einen anderen Ordner wählen.</translation>
    </message>
    <message>
      <source>Sample scene</source>
      <translation>Beispielszene</translation>
    </message>
    <message>
      <source>"{path}" cannot be opened. Remove it, so that it is copied again.</source>
      <translation>"{path}" lässt sich nicht öffnen. Die Datei entfernen, damit sie neu kopiert wird.</translation>
    </message>
    <message>
      <source>The project cannot be written to "{path}". Choose another folder.</source>
      <translation>Das Projekt lässt sich nicht nach "{path}" schreiben. Einen anderen Ordner wählen.</translation>
    </message>
    <message>
      <source>{w} × {h} pixels, {read}</source>
      <translation>{w} × {h} Pixel, {read}</translation>
    </message>
    <message>
      <source>Embedded in {time}.</source>
      <translation>Eingebettet in {time}.</translation>
    </message>
    <message>
      <source>Mapped in {time}.</source>
      <translation>Kartiert in {time}.</translation>
    </message>
    <message>
      <source>Trained in {time}: macro F1 {score} on held-out labels.</source>
      <translation>Trainiert in {time}: Macro F1 {score} auf zurückgehaltenen Labels.</translation>
    </message>
    <message>
      <source>Trained in {time}.</source>
      <translation>Trainiert in {time}.</translation>
    </message>
    <message>
      <source>Embed</source>
      <translation>Einbetten</translation>
    </message>
    <message>
      <source>Label</source>
      <translation>Labels</translation>
    </message>
    <message>
      <source>At work: see below.</source>
      <translation>In Arbeit: siehe unten.</translation>
    </message>
    <message>
      <source>Choose the raster to work on.</source>
      <translation>Das Raster wählen, mit dem gearbeitet wird.</translation>
    </message>
    <message>
      <source>Looking at the raster…</source>
      <translation>Das Raster wird angesehen…</translation>
    </message>
    <message>
      <source>Needs a scene.</source>
      <translation>Braucht eine Szene.</translation>
    </message>
    <message>
      <source>The scene is an embedding already.</source>
      <translation>Die Szene ist schon ein Embedding.</translation>
    </message>
    <message>
      <source>The last embedding is of another extent, or reads the scene otherwise.</source>
      <translation>Das letzte Embedding hat eine andere Ausdehnung oder liest die Szene anders.</translation>
    </message>
    <message>
      <source>For exploring and smart select; training needs none.</source>
      <translation>Für Erkunden und Smart-Auswahl; das Training braucht keines.</translation>
    </message>
    <message>
      <source>Make a label layer, or choose one.</source>
      <translation>Einen Label-Layer anlegen oder wählen.</translation>
    </message>
    <message>
      <source>{n} polygons in {k} classes: draw some of at least two classes.</source>
      <translation>{n} Polygone in {k} Klassen: Polygone von mindestens zwei Klassen zeichnen.</translation>
    </message>
    <message>
      <source>Needs a scene and polygons of two classes, or masks.</source>
      <translation>Braucht eine Szene und Polygone zweier Klassen, oder Masken.</translation>
    </message>
    <message>
      <source>Ready to learn from {n} polygons of {k} classes.</source>
      <translation>Bereit, aus {n} Polygonen von {k} Klassen zu lernen.</translation>
    </message>
    <message>
      <source>The labels have changed since the last training ({text}).</source>
      <translation>Die Labels haben sich seit dem letzten Training geändert ({text}).</translation>
    </message>
    <message>
      <source>Needs a scene and a model.</source>
      <translation>Braucht eine Szene und ein Modell.</translation>
    </message>
    <message>
      <source>Train a model, or choose a saved one.</source>
      <translation>Ein Modell trainieren oder ein gespeichertes wählen.</translation>
    </message>
    <message>
      <source>The last map is of another scene, extent or reading.</source>
      <translation>Die letzte Karte hat eine andere Szene, Ausdehnung oder Leseweise.</translation>
    </message>
    <message>
      <source>The labels have changed since the last map.</source>
      <translation>Die Labels haben sich seit der letzten Karte geändert.</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one, or use "New label layer".</source>
      <translation>Kein Label-Layer gewählt. Einen wählen oder "Neuer Label-Layer" verwenden.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited: it is read-only, or its file is. Choose another layer, or save a copy of it and choose that.</source>
      <translation>Layer "{name}" ist nicht bearbeitbar: er oder seine Datei ist schreibgeschützt. Einen anderen Layer wählen oder eine Kopie speichern und diese wählen.</translation>
    </message>
    <message>
      <source>Add label polygon</source>
      <translation>Label-Polygon hinzufügen</translation>
    </message>
    <message>
      <source>Layer "{name}" did not take the polygon. Look at its fields and constraints, then draw it again.</source>
      <translation>Layer "{name}" hat das Polygon nicht angenommen. Felder und Beschränkungen prüfen, dann neu zeichnen.</translation>
    </message>
    <message>
      <source>The edits of layer "{name}" could not be saved and are kept: {errors}</source>
      <translation>Die Änderungen des Layers "{name}" ließen sich nicht speichern und bleiben erhalten: {errors}</translation>
    </message>
    <message>
      <source>The scene has no embedding yet. Make one in step "Embed", then try again.</source>
      <translation>Die Szene hat noch kein Embedding. Im Schritt "Einbetten" eines erstellen, dann erneut versuchen.</translation>
    </message>
    <message>
      <source>Something else is running. Smart select answers as soon as it is done.</source>
      <translation>Etwas anderes läuft gerade. Die Smart-Auswahl antwortet, sobald es fertig ist.</translation>
    </message>
    <message>
      <source>The place lies outside "{name}". Click inside it, or embed this place first.</source>
      <translation>Der Ort liegt außerhalb von "{name}". Innerhalb klicken oder zuerst diesen Ort einbetten.</translation>
    </message>
    <message>
      <source>This place cannot be expressed in {crs}. Draw nearer to the scene, or choose another project CRS.</source>
      <translation>Dieser Ort lässt sich nicht in {crs} ausdrücken. Näher an der Szene zeichnen oder ein anderes Projekt-KBS wählen.</translation>
    </message>
    <message>
      <source>The shape covers {n} % of a pixel of the scene; at least one pixel is wanted. Draw it larger.</source>
      <translation>Die Form bedeckt {n} % eines Pixels der Szene; mindestens ein Pixel ist nötig. Größer zeichnen.</translation>
    </message>
    <message>
      <source>The shape covers no area. Draw it larger.</source>
      <translation>Die Form bedeckt keine Fläche. Größer zeichnen.</translation>
    </message>
    <message>
      <source>The label layer holds neither polygons nor points. Choose a polygon layer.</source>
      <translation>Der Label-Layer enthält weder Polygone noch Punkte. Einen Polygonlayer wählen.</translation>
    </message>
    <message>
      <source>The reference of the same ground is the nearest for {share} % of the held-out places (before: {before} %, by chance: {chance} %). Cosine on the same ground {cosine} (before: {cosine_before}), on other ground {deranged}.</source>
      <translation>Bei {share} % der zurückgehaltenen Orte liegt die Referenz desselben Gebiets am nächsten (vorher: {before} %, zufällig: {chance} %). Kosinus im selben Gebiet {cosine} (vorher: {cosine_before}), in anderem Gebiet {deranged}.</translation>
    </message>
    <message>
      <source>Adaptation did not help here: keep the weights that you had.</source>
      <translation>Die Anpassung hat hier nicht geholfen: bei den bisherigen Gewichten bleiben.</translation>
    </message>
    <message>
      <source>Both sensors agree well: models trained on the reference can be tried on the new images.</source>
      <translation>Beide Sensoren stimmen gut überein: Modelle, die mit der Referenz trainiert wurden, lassen sich an den neuen Bildern erproben.</translation>
    </message>
    <message>
      <source>Both sensors agree in part: train on labels of the new images rather than use models of the other.</source>
      <translation>Beide Sensoren stimmen teilweise überein: eher mit Labels der neuen Bilder trainieren, als Modelle des anderen zu verwenden.</translation>
    </message>
    <message>
      <source>Both sensors hardly agree: check the picture of pairs, their dates and the shift between them.</source>
      <translation>Beide Sensoren stimmen kaum überein: das Bild der Paare, ihre Aufnahmedaten und den Versatz zwischen ihnen prüfen.</translation>
    </message>
    <message>
      <source>What training "{name}" was asked is no longer in its folder. Choose its data and file name again.</source>
      <translation>Womit "{name}" trainiert werden sollte, steht nicht mehr im Ordner. Daten und Dateinamen neu wählen.</translation>
    </message>
    <message>
      <source>weights {name}</source>
      <translation>Gewichte {name}</translation>
    </message>
    <message>
      <source>What training "{name}" was asked is no longer known. Choose its data and file name again.</source>
      <translation>Womit "{name}" trainiert werden sollte, ist nicht mehr bekannt. Daten und Dateinamen neu wählen.</translation>
    </message>
    <message>
      <source>The network is trained: {name}</source>
      <translation>Das Netz ist trainiert: {name}</translation>
    </message>
    <message>
      <source>Pausing…</source>
      <translation>Wird angehalten…</translation>
    </message>
    <message>
      <source>Paused.</source>
      <translation>Angehalten.</translation>
    </message>
    <message>
      <source>The losses appear here.</source>
      <translation>Hier erscheinen die Loss-Kurven.</translation>
    </message>
    <message>
      <source>step {n}</source>
      <translation>Schritt {n}</translation>
    </message>
    <message>
      <source>MMEarth weights</source>
      <translation>MMEarth-Gewichte</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Patch</source>
      <translation>Patch</translation>
    </message>
    <message>
      <source>Installed</source>
      <translation>Installiert</translation>
    </message>
    <message>
      <source>I have read this licence and agree to it</source>
      <translation>Ich habe diese Lizenz gelesen und stimme ihr zu</translation>
    </message>
    <message>
      <source>Use</source>
      <translation>Verwenden</translation>
    </message>
    <message>
      <source>Convert a .pth…</source>
      <translation>Eine .pth umwandeln…</translation>
    </message>
    <message>
      <source>Remove…</source>
      <translation>Entfernen…</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Schließen</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>ja</translation>
    </message>
    <message>
      <source>"{name}" is ready and chosen in step "Scene".</source>
      <translation>"{name}" ist bereit und im Schritt "Szene" gewählt.</translation>
    </message>
    <message>
      <source>Checkpoints (*.pth *.pt *.safetensors)</source>
      <translation>Checkpoints (*.pth *.pt *.safetensors)</translation>
    </message>
    <message>
      <source>Checkpoint to convert</source>
      <translation>Umzuwandelnder Checkpoint</translation>
    </message>
    <message>
      <source>Remove "{name}" from this computer? Models that were trained with it need it again.</source>
      <translation>"{name}" von diesem Computer entfernen? Damit trainierte Modelle benötigen diese Gewichte wieder.</translation>
    </message>
    <message>
      <source>"{name}" is removed; {size} of disk are free again.</source>
      <translation>"{name}" ist entfernt; {size} auf der Festplatte sind wieder frei.</translation>
    </message>
    <message>
      <source>These came with the plugin and stay.</source>
      <translation>Diese gehören zum Plugin und bleiben.</translation>
    </message>
    <message>
      <source>as its card says</source>
      <translation>wie in der Modellkarte</translation>
    </message>
    <message>
      <source>not as its card says: the file was changed</source>
      <translation>anders als in der Modellkarte: Die Datei wurde verändert</translation>
    </message>
    <message>
      <source>none is stated</source>
      <translation>nicht angegeben</translation>
    </message>
    <message>
      <source>{size} · licence: {licence} · hash: {state}</source>
      <translation>{size} · Lizenz: {licence} · Hash: {state}</translation>
    </message>
    <message>
      <source>unknown</source>
      <translation>unbekannt</translation>
    </message>
  </context>
</TS>
