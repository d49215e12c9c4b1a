<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr_FR" sourcelanguage="en">
  <context>
    <name>MMEarth</name>
    <message>
      <source>Adapt weights to another sensor</source>
      <translation>Adapter des poids à un autre capteur</translation>
    </message>
    <message>
      <source>Learns weights for another sensor (drone, aerial, SPOT, Landsat …) without labels, from places that a known sensor has seen too. REFERENCES are images that the weights understand, one for each image of the new sensor and in the same order; without them, each image is averaged to larger pixels and taken as its own reference. BANDS and UNITS are those of the references. Numbers of 0 are chosen by the recipe. The weights serve embedding and training; the log says how well both sensors agree on held-out places.</source>
      <translation>Apprend des poids pour un autre capteur (drone, photo aérienne, SPOT, Landsat…) sans étiquettes, à partir de lieux qu'un capteur connu a vus aussi. REFERENCES sont des images que les poids comprennent, une pour chaque image du nouveau capteur et dans le même ordre ; sans elles, chaque image est moyennée à des pixels plus grands et sert de référence à elle-même. BANDS et UNITS sont celles des références. Les nombres 0 sont choisis par la recette. Les poids servent à l'embedding et à l'entraînement ; le journal dit à quel point les deux capteurs concordent sur des lieux de validation.</translation>
    </message>
    <message>
      <source>Images of the new sensor</source>
      <translation>Images du nouveau capteur</translation>
    </message>
    <message>
      <source>References: images of a known sensor, in the same order</source>
      <translation>Références : images d'un capteur connu, dans le même ordre</translation>
    </message>
    <message>
      <source>Weights that understand the references (empty: the bundled ones)</source>
      <translation>Poids qui comprennent les références (vide : ceux fournis)</translation>
    </message>
    <message>
      <source>How it learns</source>
      <translation>Mode d'apprentissage</translation>
    </message>
    <message>
      <source>Steps (0: until held-out places gain no more)</source>
      <translation>Pas (0 : jusqu'à ce que les lieux de validation ne gagnent plus)</translation>
    </message>
    <message>
      <source>Go on from the checkpoint of the run</source>
      <translation>Reprendre au point de reprise de l'exécution</translation>
    </message>
    <message>
      <source>Bands of the new sensor that see the same light, like "B4=1, B3=2" (empty: by name or wavelength)</source>
      <translation>Bandes du nouveau capteur qui voient la même lumière, comme "B4=1, B3=2" (vide : par nom ou longueur d'onde)</translation>
    </message>
    <message>
      <source>Pixel size of references that are made (0: 10 m)</source>
      <translation>Taille de pixel des références créées (0 : 10 m)</translation>
    </message>
    <message>
      <source>Pixel size that the new encoder works at (0: that of the images)</source>
      <translation>Taille de pixel à laquelle travaille le nouvel encodeur (0 : celle des images)</translation>
    </message>
    <message>
      <source>Ground that is hidden in both images of a pair</source>
      <translation>Terrain masqué dans les deux images d'une paire</translation>
    </message>
    <message>
      <source>Land cover: places with like classes shall look alike</source>
      <translation>Occupation du sol : les lieux de classes semblables doivent se ressembler</translation>
    </message>
    <message>
      <source>Correct a shift between the images</source>
      <translation>Corriger un décalage entre les images</translation>
    </message>
    <message>
      <source>Start from random weights, for comparison</source>
      <translation>Partir de poids aléatoires, pour comparaison</translation>
    </message>
    <message>
      <source>Side of a window, in pixels of the reference</source>
      <translation>Côté d'une fenêtre, en pixels de la référence</translation>
    </message>
    <message>
      <source>Batch</source>
      <translation>Taille de lot</translation>
    </message>
    <message>
      <source>Seed</source>
      <translation>Graine</translation>
    </message>
    <message>
      <source>Learning rate</source>
      <translation>Taux d'apprentissage</translation>
    </message>
    <message>
      <source>Weights (*.safetensors)</source>
      <translation>Poids (*.safetensors)</translation>
    </message>
    <message>
      <source>Weights</source>
      <translation>Poids</translation>
    </message>
    <message>
      <source>Picture of the losses</source>
      <translation>Image des pertes</translation>
    </message>
    <message>
      <source>Picture of pairs</source>
      <translation>Image des paires</translation>
    </message>
    <message>
      <source>Steps</source>
      <translation>Itérations</translation>
    </message>
    <message>
      <source>Share of held-out places found again (retrieval@1)</source>
      <translation>Part des lieux de validation retrouvés (retrieval@1)</translation>
    </message>
    <message>
      <source>Cosine on held-out places</source>
      <translation>Cosinus sur les lieux de validation</translation>
    </message>
    <message>
      <source>Share of held-out places found again before</source>
      <translation>Part des lieux de validation retrouvés avant</translation>
    </message>
    <message>
      <source>Cosine on held-out places before</source>
      <translation>Cosinus sur les lieux de validation avant</translation>
    </message>
    <message>
      <source>{targets} images of the new sensor were given (INPUT), but {references} references (REFERENCES). Give one reference for each image, in the same order, or none.</source>
      <translation>{targets} images du nouveau capteur ont été données (INPUT), mais {references} références (REFERENCES). Donnez une référence par image, dans le même ordre, ou aucune.</translation>
    </message>
    <message>
      <source>Accuracy and area of a map</source>
      <translation>Exactitude et surfaces d'une carte</translation>
    </message>
    <message>
      <source>Compares a class map with independent sample points, such as those of "Draw sample points of a map": accuracy and area of each class, each with its interval.</source>
      <translation>Compare une carte de classes avec des points d'échantillonnage indépendants, comme ceux de "Tirer des points d'échantillonnage d'une carte" : exactitude et surface de chaque classe, chacune avec son intervalle.</translation>
    </message>
    <message>
      <source>Class map</source>
      <translation>Carte de classes</translation>
    </message>
    <message>
      <source>Sample points</source>
      <translation>Points d'échantillonnage</translation>
    </message>
    <message>
      <source>Field with the true class</source>
      <translation>Champ de la classe réelle</translation>
    </message>
    <message>
      <source>Report folder</source>
      <translation>Dossier du rapport</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Rapport</translation>
    </message>
    <message>
      <source>Result in a sentence</source>
      <translation>Résultat en une phrase</translation>
    </message>
    <message>
      <source>Check a model</source>
      <translation>Vérifier un modèle</translation>
    </message>
    <message>
      <source>Says what a model file is and whether it serves a scene: bands, units, weights, pixel size. Errors forbid its use, warnings make the map doubtful. Nothing is mapped.</source>
      <translation>Dit ce qu'est un fichier de modèle et s'il convient à une scène : bandes, unités, poids, taille de pixel. Une erreur interdit son emploi, un avertissement rend la carte douteuse. Aucune carte n'est produite.</translation>
    </message>
    <message>
      <source>Model file</source>
      <translation>Fichier de modèle</translation>
    </message>
    <message>
      <source>Scene</source>
      <translation>Scène</translation>
    </message>
    <message>
      <source>Number of errors</source>
      <translation>Nombre d'erreurs</translation>
    </message>
    <message>
      <source>Number of warnings</source>
      <translation>Nombre d'avertissements</translation>
    </message>
    <message>
      <source>What was found</source>
      <translation>Constat</translation>
    </message>
    <message>
      <source>Groups without labels</source>
      <translation>Groupes sans étiquettes</translation>
    </message>
    <message>
      <source>Groups the pixels of an embedding by k-means and writes the groups as a class raster, the largest first. With 0 groups the number is the one that the pixels suggest: the largest whose groups are nearly as clear as those of the best number (silhouette).</source>
      <translation>Regroupe les pixels d'un embedding par k-moyennes et écrit les groupes dans un raster de classes, du plus grand au plus petit. Avec 0 groupe, le nombre est celui que suggèrent les pixels : le plus grand dont les groupes sont presque aussi nets que ceux du meilleur nombre (silhouette).</translation>
    </message>
    <message>
      <source>Embedding</source>
      <translation>Embedding</translation>
    </message>
    <message>
      <source>Groups (0: as many as the pixels suggest)</source>
      <translation>Groupes (0 : autant que le suggèrent les pixels)</translation>
    </message>
    <message>
      <source>Greatest number that may be suggested</source>
      <translation>Plus grand nombre pouvant être suggéré</translation>
    </message>
    <message>
      <source>Extent</source>
      <translation>Emprise</translation>
    </message>
    <message>
      <source>Groups</source>
      <translation>Groupes</translation>
    </message>
    <message>
      <source>Groups found</source>
      <translation>Groupes trouvés</translation>
    </message>
    <message>
      <source>Compare two class maps</source>
      <translation>Comparer deux cartes de classes</translation>
    </message>
    <message>
      <source>Shows where two class maps of the same ground differ, from which class to which. The second is read on the grid of the first. Classes are told by their names, else by their values. The table has the area of each pair of classes.</source>
      <translation>Montre où deux cartes de classes du même terrain diffèrent, et de quelle classe à quelle classe. La seconde est lue sur la grille de la première. Les classes sont reconnues à leur nom, sinon à leur valeur. La table donne la surface de chaque paire de classes.</translation>
    </message>
    <message>
      <source>First class map</source>
      <translation>Première carte de classes</translation>
    </message>
    <message>
      <source>Second class map</source>
      <translation>Seconde carte de classes</translation>
    </message>
    <message>
      <source>Differences</source>
      <translation>Différences</translation>
    </message>
    <message>
      <source>Table of areas</source>
      <translation>Table des surfaces</translation>
    </message>
    <message>
      <source>CSV files (*.csv)</source>
      <translation>Fichiers CSV (*.csv)</translation>
    </message>
    <message>
      <source>Share of the area with the same class</source>
      <translation>Part de la surface de même classe</translation>
    </message>
    <message>
      <source>{area} ha: {first} → {second}</source>
      <translation>{area} ha : {first} → {second}</translation>
    </message>
    <message>
      <source>Download MMEarth weights</source>
      <translation>Télécharger les poids MMEarth</translation>
    </message>
    <message>
      <source>Fetches one of the checkpoints that the authors of MMEarth published and converts it to a weights file. They come under a licence that forbids commercial use; without ACCEPT_LICENCE the algorithm shows it and stops. The MMEarth panel lists the names.</source>
      <translation>Récupère l'un des checkpoints publiés par les auteurs de MMEarth et le convertit en fichier de poids. Leur licence interdit l'usage commercial ; sans ACCEPT_LICENCE, l'algorithme l'affiche et s'arrête. Le panneau MMEarth liste les noms.</translation>
    </message>
    <message>
      <source>Name of the checkpoint</source>
      <translation>Nom du checkpoint</translation>
    </message>
    <message>
      <source>I agree to the licence of the checkpoint</source>
      <translation>J'accepte la licence du checkpoint</translation>
    </message>
    <message>
      <source>Folder for the weights (empty: that of the user)</source>
      <translation>Dossier des poids (vide : celui de l'utilisateur)</translation>
    </message>
    <message>
      <source>Draw sample points of a map</source>
      <translation>Tirer des points d'échantillonnage d'une carte</translation>
    </message>
    <message>
      <source>Draws points at random inside each class of a class map. Fill in their field "class" without looking at the map, then use "Accuracy and area of a map".</source>
      <translation>Tire des points au hasard dans chaque classe d'une carte de classes. Renseignez leur champ "class" sans regarder la carte, puis utilisez "Exactitude et surfaces d'une carte".</translation>
    </message>
    <message>
      <source>Points of each class</source>
      <translation>Points par classe</translation>
    </message>
    <message>
      <source>Embed a raster</source>
      <translation>Encoder un raster</translation>
    </message>
    <message>
      <source>Computes an embedding of a Sentinel-2 raster with a pretrained encoder: for each pixel a vector that says what it and its surroundings look like. The result is a GeoTIFF on the raster's grid. A run that was interrupted goes on where it stopped; the same run again is answered from a cache.</source>
      <translation>Calcule l'embedding d'un raster Sentinel-2 avec un encodeur préentraîné : pour chaque pixel, un vecteur qui décrit son aspect et celui de ses environs. Le résultat est un GeoTIFF sur la grille du raster. Une exécution interrompue reprend là où elle s'est arrêtée ; la même demande est ensuite servie depuis un cache.</translation>
    </message>
    <message>
      <source>Data type</source>
      <translation>Type de données</translation>
    </message>
    <message>
      <source>Taken from the cache.</source>
      <translation>Pris dans le cache.</translation>
    </message>
    <message>
      <source>Embedding of polygons or points</source>
      <translation>Embedding de polygones ou de points</translation>
    </message>
    <message>
      <source>Computes the embedding of a Sentinel-2 raster for polygons or points only: the mean over each polygon, the value at each point. The result is a table with their geometry and one column a component, as GeoPackage (.gpkg) or GeoParquet (.parquet; not every QGIS can open it).</source>
      <translation>Calcule l'embedding d'un raster Sentinel-2 pour des polygones ou des points seulement : la moyenne sur chaque polygone, la valeur en chaque point. Le résultat est une table avec leur géométrie et une colonne par composante, en GeoPackage (.gpkg) ou GeoParquet (.parquet ; toutes les versions de QGIS ne l'ouvrent pas).</translation>
    </message>
    <message>
      <source>Polygons or points</source>
      <translation>Polygones ou points</translation>
    </message>
    <message>
      <source>Table of embeddings</source>
      <translation>Table des embeddings</translation>
    </message>
    <message>
      <source>Further bands of the same scene</source>
      <translation>Autres bandes de la même scène</translation>
    </message>
    <message>
      <source>Output cell, in pixels</source>
      <translation>Cellule de sortie, en pixels</translation>
    </message>
    <message>
      <source>Components (0: all channels)</source>
      <translation>Composantes (0 : tous les canaux)</translation>
    </message>
    <message>
      <source>Principal components of the weights or of this scene</source>
      <translation>Composantes principales des poids ou de cette scène</translation>
    </message>
    <message>
      <source>Normalisation: statistics of the weights, the scene or each tile</source>
      <translation>Normalisation : statistiques des poids, de la scène ou de chaque tuile</translation>
    </message>
    <message>
      <source>Encoder stages, 0 (finest) to 3 (coarsest)</source>
      <translation>Étages de l'encodeur, de 0 (le plus fin) à 3 (le plus grossier)</translation>
    </message>
    <message>
      <source>Weights (empty: the bundled ones)</source>
      <translation>Poids (vide : ceux fournis)</translation>
    </message>
    <message>
      <source>Tiles, in pixels, a multiple of 256 (0: automatic)</source>
      <translation>Tuiles, en pixels, multiple de 256 (0 : automatique)</translation>
    </message>
    <message>
      <source>Processor threads (0: all)</source>
      <translation>Threads du processeur (0 : tous)</translation>
    </message>
    <message>
      <source>Memory limit in MB (0: 2000)</source>
      <translation>Limite de mémoire en Mo (0 : 2000)</translation>
    </message>
    <message>
      <source>Go on where an interrupted run stopped</source>
      <translation>Reprendre là où une exécution interrompue s'est arrêtée</translation>
    </message>
    <message>
      <source>Take the result from the cache if it is there, and keep it there</source>
      <translation>Prendre le résultat dans le cache s'il y est, et l'y conserver</translation>
    </message>
    <message>
      <source>Dask cluster: "tcp://host:port", or "local:N" for N processes (empty: none)</source>
      <translation>Cluster Dask : "tcp://host:port", ou "local:N" pour N processus (vide : aucun)</translation>
    </message>
    <message>
      <source>Stages "{found}" were not understood. Write them like "0,1,2,3".</source>
      <translation>Étages "{found}" non compris. Écrivez-les comme "0,1,2,3".</translation>
    </message>
    <message>
      <source>Compare weights on a benchmark</source>
      <translation>Comparer des poids sur un benchmark</translation>
    </message>
    <message>
      <source>Compares encoders on a data set in the GEO-Bench layout: nearest neighbours, a linear probe and fine-tuning, with several seeds. Writes one table with means and spread. Models are weights files, "timm:NAME", "random" (the same network without pretraining) and "bands" (mean and spread of each band, no network).</source>
      <translation>Compare des encodeurs sur un jeu de données structuré comme GEO-Bench : plus proches voisins, sonde linéaire et affinage, avec plusieurs graines. Écrit une table des moyennes et des écarts. Les modèles sont des fichiers de poids, "timm:NOM", "random" (le même réseau sans préentraînement) et "bands" (moyenne et écart de chaque bande, sans réseau).</translation>
    </message>
    <message>
      <source>Folder of the data set</source>
      <translation>Dossier du jeu de données</translation>
    </message>
    <message>
      <source>Models, separated by semicolons (empty: the bundled weights, random, bands)</source>
      <translation>Modèles, séparés par des points-virgules (vide : poids fournis, random, bands)</translation>
    </message>
    <message>
      <source>Evaluations</source>
      <translation>Évaluations</translation>
    </message>
    <message>
      <source>Partitions with the training samples, separated by semicolons (empty: default)</source>
      <translation>Partitions des échantillons d'entraînement, séparées par des points-virgules (vide : par défaut)</translation>
    </message>
    <message>
      <source>Seeds</source>
      <translation>Graines</translation>
    </message>
    <message>
      <source>Epochs (0: as published)</source>
      <translation>Époques (0 : comme publié)</translation>
    </message>
    <message>
      <source>Batch (0: as published)</source>
      <translation>Taille de lot (0 : comme publié)</translation>
    </message>
    <message>
      <source>Device: auto, cpu, cuda, cuda:1 or mps</source>
      <translation>Périphérique : auto, cpu, cuda, cuda:1 ou mps</translation>
    </message>
    <message>
      <source>Folder for the table</source>
      <translation>Dossier de la table</translation>
    </message>
    <message>
      <source>Table (.csv)</source>
      <translation>Table (.csv)</translation>
    </message>
    <message>
      <source>Table to read (.md)</source>
      <translation>Table lisible (.md)</translation>
    </message>
    <message>
      <source>Export a map</source>
      <translation>Exporter une carte</translation>
    </message>
    <message>
      <source>Writes a class map, a map of numbers or an embedding once more as a cloud-optimised GeoTIFF in another coordinate system or pixel size, with its colours and names; or the areas of its classes as polygons. Classes take the nearest pixel; numbers are averaged or interpolated.</source>
      <translation>Réécrit une carte de classes, une carte de valeurs ou un embedding en GeoTIFF optimisé pour le cloud (COG), dans un autre SCR ou une autre taille de pixel, avec ses couleurs et ses noms ; ou bien les surfaces de ses classes en polygones. Les classes prennent le pixel le plus proche ; les valeurs sont moyennées ou interpolées.</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Carte</translation>
    </message>
    <message>
      <source>Coordinate system (empty: as the map)</source>
      <translation>SCR (vide : celui de la carte)</translation>
    </message>
    <message>
      <source>Pixel size in units of that system (0: as the map)</source>
      <translation>Taille du pixel dans les unités de ce SCR (0 : celle de la carte)</translation>
    </message>
    <message>
      <source>Raster</source>
      <translation>Raster</translation>
    </message>
    <message>
      <source>Class polygons</source>
      <translation>Polygones de classes</translation>
    </message>
    <message>
      <source>No output is chosen. Choose a raster, polygons, or both.</source>
      <translation>Aucune sortie n'est choisie. Choisissez un raster, des polygones ou les deux.</translation>
    </message>
    <message>
      <source>Train from a few polygons</source>
      <translation>Entraîner à partir de quelques polygones</translation>
    </message>
    <message>
      <source>Learns classes, or a number, from a few labelled polygons, and says how good it is on polygons that it did not see, beside two simple baselines. A field of decimal numbers is estimated (regression), anything else is a class; polygons of "not forest" are anything but forest. Writes a report, and a model file for the algorithm "Predict with a model".</source>
      <translation>Apprend des classes, ou un nombre, à partir de quelques polygones étiquetés, et dit ce que cela vaut sur des polygones non vus, à côté de deux références simples. Un champ de nombres décimaux est estimé (régression), tout le reste est une classe ; les polygones "not forêt" désignent tout sauf la forêt. Écrit un rapport, et un fichier de modèle pour l'algorithme "Prédire avec un modèle".</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Scènes</translation>
    </message>
    <message>
      <source>Label polygons</source>
      <translation>Polygones étiquetés</translation>
    </message>
    <message>
      <source>Field of the class, or of the number to estimate</source>
      <translation>Champ de la classe, ou du nombre à estimer</translation>
    </message>
    <message>
      <source>Values of the field to ignore, separated by semicolons</source>
      <translation>Valeurs du champ à ignorer, séparées par des points-virgules</translation>
    </message>
    <message>
      <source>Classes, or a number to estimate (auto: the field tells)</source>
      <translation>Classes, ou nombre à estimer (auto : selon le champ)</translation>
    </message>
    <message>
      <source>Classifier (recipe: the recommended one)</source>
      <translation>Classifieur (recipe : celui recommandé)</translation>
    </message>
    <message>
      <source>What is held out together for the score</source>
      <translation>Ce qui est mis de côté ensemble pour le score</translation>
    </message>
    <message>
      <source>Use the features of an encoder</source>
      <translation>Utiliser les caractéristiques d'un encodeur</translation>
    </message>
    <message>
      <source>Models (*.zip)</source>
      <translation>Modèles (*.zip)</translation>
    </message>
    <message>
      <source>Macro F1 on held-out polygons</source>
      <translation>Macro F1 sur les polygones de validation</translation>
    </message>
    <message>
      <source>Macro F1 of raw bands</source>
      <translation>Macro F1 des bandes brutes</translation>
    </message>
    <message>
      <source>Macro F1 of the majority class</source>
      <translation>Macro F1 de la classe majoritaire</translation>
    </message>
    <message>
      <source>R² of a regression on held-out polygons</source>
      <translation>R² d'une régression sur les polygones de validation</translation>
    </message>
    <message>
      <source>Typical error (RMSE) of a regression</source>
      <translation>Erreur typique (RMSE) d'une régression</translation>
    </message>
    <message>
      <source>R² on held-out polygons: {r2}; typical error (RMSE): {rmse}</source>
      <translation>R² sur les polygones de validation : {r2} ; erreur typique (RMSE) : {rmse}</translation>
    </message>
    <message>
      <source>Macro F1 on held-out polygons: {score}; raw bands: {raw}; majority: {majority}</source>
      <translation>Macro F1 sur les polygones de validation : {score} ; bandes brutes : {raw} ; majorité : {majority}</translation>
    </message>
    <message>
      <source>Fine-tune a network</source>
      <translation>Affiner un réseau</translation>
    </message>
    <message>
      <source>Trains a network on many labelled polygons, on class rasters (masks) or on a table of scenes, and says how good it is on labels that it did not see, beside two simple baselines. RUNG says how much is trained; auto trains more as long as that helps. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same model file. The model serves the algorithm "Predict with a model".</source>
      <translation>Entraîne un réseau sur de nombreux polygones étiquetés, sur des rasters de classes (masques) ou sur une table de scènes, et dit ce qu'il vaut sur des étiquettes non vues, à côté de deux références simples. RUNG dit quelle part est entraînée ; auto en entraîne davantage tant que cela aide. La recette choisit les nombres laissés à 0. Une exécution arrêtée reprend avec RESUME et le même fichier de modèle. Le modèle sert à l'algorithme "Prédire avec un modèle".</translation>
    </message>
    <message>
      <source>Field of the class</source>
      <translation>Champ de la classe</translation>
    </message>
    <message>
      <source>Folder of masks (class rasters named like their scenes), instead of polygons</source>
      <translation>Dossier de masques (rasters de classes nommés comme leurs scènes), au lieu de polygones</translation>
    </message>
    <message>
      <source>Table of whole scenes (.csv with the columns "scene" and "class"), instead of polygons</source>
      <translation>Table de scènes entières (.csv avec les colonnes "scene" et "class"), au lieu de polygones</translation>
    </message>
    <message>
      <source>Task</source>
      <translation>Tâche</translation>
    </message>
    <message>
      <source>What is trained</source>
      <translation>Ce qui est entraîné</translation>
    </message>
    <message>
      <source>Epochs</source>
      <translation>Époques</translation>
    </message>
    <message>
      <source>What a classification classifies</source>
      <translation>Ce que classe une classification</translation>
    </message>
    <message>
      <source>Recipe (mmearth: as its authors fine-tune)</source>
      <translation>Recette (mmearth : l'affinage de ses auteurs)</translation>
    </message>
    <message>
      <source>Side of a cell, in pixels</source>
      <translation>Côté d'une cellule, en pixels</translation>
    </message>
    <message>
      <source>Values of the field list several classes, separated by ";"</source>
      <translation>Les valeurs du champ listent plusieurs classes, séparées par ";"</translation>
    </message>
    <message>
      <source>Values to ignore, separated by semicolons</source>
      <translation>Valeurs à ignorer, séparées par des points-virgules</translation>
    </message>
    <message>
      <source>Share of the labels that is held out</source>
      <translation>Part des étiquettes mise de côté</translation>
    </message>
    <message>
      <source>Crops at once on the device</source>
      <translation>Extraits traités à la fois sur le périphérique</translation>
    </message>
    <message>
      <source>Picture of the curves</source>
      <translation>Image des courbes</translation>
    </message>
    <message>
      <source>What was trained</source>
      <translation>Ce qui a été entraîné</translation>
    </message>
    <message>
      <source>Macro F1 on held-out labels</source>
      <translation>Macro F1 sur les étiquettes de validation</translation>
    </message>
    <message>
      <source>Labels come from polygons (LABELS), masks (MASKS) or a table (TABLE); {found} was given. Give one.</source>
      <translation>Les étiquettes viennent de polygones (LABELS), de masques (MASKS) ou d'une table (TABLE) ; fourni : {found}. Fournissez l'un des trois.</translation>
    </message>
    <message>
      <source>none</source>
      <translation>aucun</translation>
    </message>
    <message>
      <source>Macro F1 on held-out labels: {score}; raw bands: {raw}; majority: {majority}; trained: {rung}</source>
      <translation>Macro F1 sur les étiquettes de validation : {score} ; bandes brutes : {raw} ; majorité : {majority} ; entraîné : {rung}</translation>
    </message>
    <message>
      <source>Install the backend</source>
      <translation>Installer le backend</translation>
    </message>
    <message>
      <source>Downloads or updates what MMEarth computes with, in an environment of its own, and tests it; does nothing where that was done before. Folder, graphics card and package index are those of the page "Backend" of the MMEarth panel.</source>
      <translation>Télécharge ou met à jour, dans un environnement à part, ce avec quoi MMEarth calcule, et le teste ; ne fait rien si cela a déjà été fait. Le dossier, la carte graphique et l'index de paquets sont ceux de la page "Backend" du panneau MMEarth.</translation>
    </message>
    <message>
      <source>Offline bundle (empty: download)</source>
      <translation>Archive hors ligne (vide : télécharger)</translation>
    </message>
    <message>
      <source>Python of the backend</source>
      <translation>Python du backend</translation>
    </message>
    <message>
      <source>Outlines of a range of values</source>
      <translation>Contours d'une plage de valeurs</translation>
    </message>
    <message>
      <source>Draws polygons around the pixels of a raster of one band whose value lies between two bounds, the largest first: of similar places, of a group, of a class. Holes of fewer than 8 pixels are filled. Similarity is stored as 0 to 254 for 0 to 1: a threshold of 0.6 is the value 152.</source>
      <translation>Trace des polygones autour des pixels d'un raster à une bande dont la valeur est comprise entre deux bornes, du plus grand au plus petit : lieux semblables, groupe, classe. Les trous de moins de 8 pixels sont comblés. La similarité est stockée de 0 à 254 pour 0 à 1 : un seuil de 0,6 est la valeur 152.</translation>
    </message>
    <message>
      <source>Raster with one band</source>
      <translation>Raster à une bande</translation>
    </message>
    <message>
      <source>Least value that is inside</source>
      <translation>Plus petite valeur incluse</translation>
    </message>
    <message>
      <source>Greatest value that is inside</source>
      <translation>Plus grande valeur incluse</translation>
    </message>
    <message>
      <source>Leave out areas of fewer pixels</source>
      <translation>Écarter les surfaces de moins de pixels que</translation>
    </message>
    <message>
      <source>Keep the largest of them only (0: all)</source>
      <translation>N'en garder que les plus grandes (0 : toutes)</translation>
    </message>
    <message>
      <source>How far the outline may leave the edges of pixels, in pixels</source>
      <translation>Écart permis entre le contour et les bords des pixels, en pixels</translation>
    </message>
    <message>
      <source>Outlines</source>
      <translation>Contours</translation>
    </message>
    <message>
      <source>Polygons</source>
      <translation>Polygones</translation>
    </message>
    <message>
      <source>Predict with a model</source>
      <translation>Prédire avec un modèle</translation>
    </message>
    <message>
      <source>Maps a scene with a model of "Train from a few polygons" or "Fine-tune a network": classes or values, on demand how sure each pixel is, polygons of the classes, and polygons of your own (fields, buildings) classified as wholes. A network that was fine-tuned to classify polygons or scenes as wholes gives no map: skip it, and name a file for the classified polygons.</source>
      <translation>Cartographie une scène avec un modèle de "Entraîner à partir de quelques polygones" ou de "Affiner un réseau" : classes ou valeurs, à la demande la certitude de chaque pixel, les polygones des classes, et vos propres polygones (parcelles, bâtiments) classés en entier. Un réseau affiné pour classer des polygones ou des scènes en entier ne donne pas de carte : ignorez-la, et nommez un fichier pour les polygones classés.</translation>
    </message>
    <message>
      <source>Polygons of yours to classify</source>
      <translation>Vos polygones à classer</translation>
    </message>
    <message>
      <source>Polygons: smaller areas join a neighbour, pixels</source>
      <translation>Polygones : les surfaces plus petites rejoignent une voisine, en pixels</translation>
    </message>
    <message>
      <source>Polygons: smaller ones are left out, m²</source>
      <translation>Polygones : les plus petits sont écartés, en m²</translation>
    </message>
    <message>
      <source>Polygons: tolerance of the outline, pixels</source>
      <translation>Polygones : tolérance du contour, en pixels</translation>
    </message>
    <message>
      <source>Classes or values</source>
      <translation>Classes ou valeurs</translation>
    </message>
    <message>
      <source>Confidence</source>
      <translation>Confiance</translation>
    </message>
    <message>
      <source>Probability of each class</source>
      <translation>Probabilité par classe</translation>
    </message>
    <message>
      <source>Margin</source>
      <translation>Marge</translation>
    </message>
    <message>
      <source>Entropy</source>
      <translation>Entropie</translation>
    </message>
    <message>
      <source>Unlike anything labelled</source>
      <translation>Loin des étiquettes</translation>
    </message>
    <message>
      <source>90 % interval of a regression</source>
      <translation>Intervalle à 90 % d'une régression</translation>
    </message>
    <message>
      <source>Classified polygons</source>
      <translation>Polygones classés</translation>
    </message>
    <message>
      <source>Nothing to write: both the map and the classified polygons are skipped. Name a file for one.</source>
      <translation>Rien à écrire : la carte et les polygones classés sont tous deux ignorés. Nommez un fichier pour l'un d'eux.</translation>
    </message>
    <message>
      <source>Pretrain weights</source>
      <translation>Préentraîner des poids</translation>
    </message>
    <message>
      <source>Pretrains an encoder without labels: parts of the images are hidden, and it learns to predict them and further layers on the same ground. Data are rasters with Sentinel-2 bands or a folder in the MMEarth layout. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same weights file. The weights serve embedding and training.</source>
      <translation>Préentraîne un encodeur sans étiquettes : des parties des images sont masquées, et il apprend à les prédire, ainsi que d'autres couches sur le même terrain. Les données sont des rasters avec des bandes Sentinel-2 ou un dossier structuré comme MMEarth. La recette choisit les nombres laissés à 0. Une exécution arrêtée reprend avec RESUME et le même fichier de poids. Les poids servent à l'encodage et à l'entraînement.</translation>
    </message>
    <message>
      <source>Rasters to learn from</source>
      <translation>Rasters dont apprendre</translation>
    </message>
    <message>
      <source>Further layers with continuous values</source>
      <translation>Couches supplémentaires à valeurs continues</translation>
    </message>
    <message>
      <source>Further layers with classes</source>
      <translation>Couches supplémentaires à classes</translation>
    </message>
    <message>
      <source>Folder in the MMEarth layout, instead of rasters</source>
      <translation>Dossier structuré comme MMEarth, au lieu de rasters</translation>
    </message>
    <message>
      <source>Encoder</source>
      <translation>Encodeur</translation>
    </message>
    <message>
      <source>Weights to start from (empty: random)</source>
      <translation>Poids de départ (vide : aléatoires)</translation>
    </message>
    <message>
      <source>Recipe</source>
      <translation>Recette</translation>
    </message>
    <message>
      <source>Patch, in pixels</source>
      <translation>Patch, en pixels</translation>
    </message>
    <message>
      <source>Weights of the tasks</source>
      <translation>Poids des tâches</translation>
    </message>
    <message>
      <source>Tasks (empty: all)</source>
      <translation>Tâches (vide : toutes)</translation>
    </message>
    <message>
      <source>Steps, instead of epochs</source>
      <translation>Itérations, au lieu d'époques</translation>
    </message>
    <message>
      <source>Mask ratio</source>
      <translation>Taux de masquage</translation>
    </message>
    <message>
      <source>Learn to do without some bands</source>
      <translation>Apprendre à se passer de certaines bandes</translation>
    </message>
    <message>
      <source>Reproduce the authors' code where it differs from their paper</source>
      <translation>Reproduire le code des auteurs là où il diffère de leur article</translation>
    </message>
    <message>
      <source>Final loss</source>
      <translation>Perte finale</translation>
    </message>
    <message>
      <source>both</source>
      <translation>les deux</translation>
    </message>
    <message>
      <source>neither</source>
      <translation>aucun des deux</translation>
    </message>
    <message>
      <source>Give rasters (INPUT) or a folder in the MMEarth layout (FOLDER); {found} was given.</source>
      <translation>Donnez des rasters (INPUT) ou un dossier structuré comme MMEarth (FOLDER) ; fourni : {found}.</translation>
    </message>
    <message>
      <source>Similar places</source>
      <translation>Lieux semblables</translation>
    </message>
    <message>
      <source>Maps how like some places every pixel of an embedding is, without any training. What is looked for are points, polygons, or both; points that are not meant push away what is like them. The values 0 to 254 stand for a similarity of 0 to 1; 255 is nodata. The threshold that comes with the result is a first guess at where the places that are meant begin.</source>
      <translation>Cartographie à quel point chaque pixel d'un embedding ressemble à certains lieux, sans aucun entraînement. Ce qui est cherché est donné par des points, des polygones ou les deux ; les points non voulus écartent ce qui leur ressemble. Les valeurs de 0 à 254 représentent une similarité de 0 à 1 ; 255 est nodata. Le seuil fourni avec le résultat est une première estimation de la limite des lieux voulus.</translation>
    </message>
    <message>
      <source>Points of what is looked for</source>
      <translation>Points de ce qui est cherché</translation>
    </message>
    <message>
      <source>Points of what is not meant</source>
      <translation>Points de ce qui n'est pas voulu</translation>
    </message>
    <message>
      <source>Polygons of what is looked for</source>
      <translation>Polygones de ce qui est cherché</translation>
    </message>
    <message>
      <source>First threshold, 0 to 1</source>
      <translation>Premier seuil, de 0 à 1</translation>
    </message>
    <message>
      <source>Point {number} cannot be expressed in the CRS of the embedding: {error} Remove it.</source>
      <translation>Le point {number} ne peut pas être exprimé dans le SCR de l'embedding : {error} Supprimez-le.</translation>
    </message>
    <message>
      <source>Where to label next</source>
      <translation>Où étiqueter ensuite</translation>
    </message>
    <message>
      <source>Finds places that would teach a model most and says why: where it is uncertain, where the ground is unlike anything labelled, where a rare class may be. The points lie apart from each other and from the polygons that there are.</source>
      <translation>Trouve les lieux qui apprendraient le plus à un modèle et dit pourquoi : là où il est incertain, où le terrain ne ressemble à rien d'étiqueté, où une classe rare peut se trouver. Les points sont éloignés les uns des autres et des polygones existants.</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Points</translation>
    </message>
    <message>
      <source>Label polygons that there are</source>
      <translation>Polygones étiquetés existants</translation>
    </message>
    <message>
      <source>Only inside</source>
      <translation>Seulement à l'intérieur de</translation>
    </message>
    <message>
      <source>Band mapping, like "B2=1, B3=2" (empty: by name, wavelength or order)</source>
      <translation>Correspondance des bandes, comme "B2=1, B3=2" (vide : par nom, longueur d'onde ou ordre)</translation>
    </message>
    <message>
      <source>Units</source>
      <translation>Unités</translation>
    </message>
    <message>
      <source>Precision of the encoder</source>
      <translation>Précision de l'encodeur</translation>
    </message>
    <message>
      <source>Further layers that the model sees (elevation, an index), always in the same order</source>
      <translation>Couches supplémentaires vues par le modèle (altitude, indice), toujours dans le même ordre</translation>
    </message>
    <message>
      <source>The whole log is in "{path}".</source>
      <translation>Le journal complet se trouve dans "{path}".</translation>
    </message>
    <message>
      <source>Starting the backend: {python}</source>
      <translation>Démarrage du backend : {python}</translation>
    </message>
    <message>
      <source>The backend wrote a line that is no message: {error}</source>
      <translation>Le backend a écrit une ligne qui n'est pas un message : {error}</translation>
    </message>
    <message>
      <source>Ignored a message of the backend: {event}</source>
      <translation>Message du backend ignoré : {event}</translation>
    </message>
    <message>
      <source>The backend speaks protocol version {found}; this plugin wants version {wanted}.</source>
      <translation>Le backend parle la version {found} du protocole ; cette extension veut la version {wanted}.</translation>
    </message>
    <message>
      <source>The backend started but said nothing for {n} s.</source>
      <translation>Le backend a démarré mais n'a rien dit pendant {n} s.</translation>
    </message>
    <message>
      <source>The backend does not stop by itself: ending it.</source>
      <translation>Le backend ne s'arrête pas de lui-même : arrêt forcé.</translation>
    </message>
    <message>
      <source>The Python of the backend cannot be started: "{python}".</source>
      <translation>Le Python du backend ne peut pas être démarré : "{python}".</translation>
    </message>
    <message>
      <source>The backend ended ({how}).</source>
      <translation>Le backend s'est arrêté ({how}).</translation>
    </message>
    <message>
      <source>The backend ended in the middle of the work ({how}).</source>
      <translation>Le backend s'est arrêté en plein travail ({how}).</translation>
    </message>
    <message>
      <source>The backend ended before it was ready ({how}): {reason}.</source>
      <translation>Le backend s'est arrêté avant d'être prêt ({how}) : {reason}.</translation>
    </message>
    <message>
      <source>exit code {code}</source>
      <translation>code de sortie {code}</translation>
    </message>
    <message>
      <source>crashed, code {code}</source>
      <translation>plantage, code {code}</translation>
    </message>
    <message>
      <source>ended by signal {number}</source>
      <translation>arrêté par le signal {number}</translation>
    </message>
    <message>
      <source>Cancelled.</source>
      <translation>Annulé.</translation>
    </message>
    <message>
      <source>The colours of "{name}" are changed on the map, but not in its style file: {message}</source>
      <translation>Les couleurs de "{name}" sont modifiées sur la carte, mais pas dans son fichier de style : {message}</translation>
    </message>
    <message>
      <source>Merge class "{name}" into "{target}"</source>
      <translation>Fusionner la classe "{name}" dans "{target}"</translation>
    </message>
    <message>
      <source>all</source>
      <translation>tous</translation>
    </message>
    <message>
      <source>Of the {n} polygons of class "{name}", {found} are selected. Select on the map some to split off.</source>
      <translation>Sur les {n} polygones de la classe "{name}", sélectionnés : {found}. Sélectionnez sur la carte une partie d'entre eux, à séparer.</translation>
    </message>
    <message>
      <source>Split class "{name}"</source>
      <translation>Séparer la classe "{name}"</translation>
    </message>
    <message>
      <source>Delete the polygons of class "{name}"</source>
      <translation>Supprimer les polygones de la classe "{name}"</translation>
    </message>
    <message>
      <source>Polygons of layer "{name}" cannot be deleted. Choose a layer that you may write to.</source>
      <translation>Les polygones de la couche "{name}" ne peuvent pas être supprimés. Choisissez une couche où vous pouvez écrire.</translation>
    </message>
    <message>
      <source>Rename classes</source>
      <translation>Renommer des classes</translation>
    </message>
    <message>
      <source>Field "{field}" of layer "{name}" cannot be changed to "{value}". Choose a class field that is stored in the layer and long enough.</source>
      <translation>Le champ "{field}" de la couche "{name}" ne peut pas prendre la valeur "{value}". Choisissez un champ de classe stocké dans la couche et assez long.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited. Choose a layer that you may write to, or save a copy of it.</source>
      <translation>La couche "{name}" n'est pas modifiable. Choisissez une couche où vous pouvez écrire, ou enregistrez-en une copie.</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 1</source>
      <translation>CORINE Land Cover, niveau 1</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 2</source>
      <translation>CORINE Land Cover, niveau 2</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 3</source>
      <translation>CORINE Land Cover, niveau 3</translation>
    </message>
    <message>
      <source>EUNIS habitats, level 1</source>
      <translation>Habitats EUNIS, niveau 1</translation>
    </message>
    <message>
      <source>EUNIS habitats, level 2</source>
      <translation>Habitats EUNIS, niveau 2</translation>
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
      <translation>"{path}" est un fichier d'entraînement de SCP, qui ne peut pas être lu. Enregistrez sa liste de classes en CSV et importez-la.</translation>
    </message>
    <message>
      <source>"{path}" lists no class. Choose a CSV file with the columns value, name and color, or a QML style.</source>
      <translation>"{path}" ne contient aucune classe. Choisissez un fichier CSV avec les colonnes value, name et color, ou un style QML.</translation>
    </message>
    <message>
      <source>"{path}" lists {n} classes; at most {most} are wanted. Choose another file.</source>
      <translation>"{path}" contient {n} classes, pour {most} au plus. Choisissez un autre fichier.</translation>
    </message>
    <message>
      <source>"{path}" gives value {value} to both "{a}" and "{b}". Give each class a value of its own.</source>
      <translation>"{path}" donne la valeur {value} à la fois à "{a}" et à "{b}". Donnez à chaque classe sa propre valeur.</translation>
    </message>
    <message>
      <source>"{path}" cannot be written ({reason}). Choose another folder.</source>
      <translation>"{path}" ne peut pas être écrit ({reason}). Choisissez un autre dossier.</translation>
    </message>
    <message>
      <source>"{path}" is too large for a class list ({n} MB). Choose another file.</source>
      <translation>"{path}" est trop gros pour une liste de classes ({n} Mo). Choisissez un autre fichier.</translation>
    </message>
    <message>
      <source>"{path}" cannot be read ({reason}). Choose another file.</source>
      <translation>"{path}" ne peut pas être lu ({reason}). Choisissez un autre fichier.</translation>
    </message>
    <message>
      <source>"{path}" is not a text file. Choose a CSV or QML file.</source>
      <translation>"{path}" n'est pas un fichier texte. Choisissez un fichier CSV ou QML.</translation>
    </message>
    <message>
      <source>"{path}" is not a table that can be read ({error}). Save it again as CSV.</source>
      <translation>"{path}" n'est pas une table lisible ({error}). Enregistrez-la de nouveau en CSV.</translation>
    </message>
    <message>
      <source>"{path}" has the columns {found}; wanted are value, name and color. Name them in the first line.</source>
      <translation>"{path}" a les colonnes {found} ; il faut value, name et color. Nommez-les sur la première ligne.</translation>
    </message>
    <message>
      <source>"{path}" has the colour "{color}" for "{name}". Write colours like #1b9e3f.</source>
      <translation>"{path}" donne la couleur "{color}" à "{name}". Écrivez les couleurs comme #1b9e3f.</translation>
    </message>
    <message>
      <source>"{path}" is not a QML style that can be read. Save it again from QGIS.</source>
      <translation>"{path}" n'est pas un style QML lisible. Enregistrez-le de nouveau depuis QGIS.</translation>
    </message>
    <message>
      <source>{n} classes added, {k} renamed or recoloured.</source>
      <translation>{n} classes ajoutées, {k} renommées ou recolorées.</translation>
    </message>
    <message>
      <source>Not in the file, kept because of their polygons: {names}.</source>
      <translation>Absentes du fichier, gardées à cause de leurs polygones : {names}.</translation>
    </message>
    <message>
      <source>More than one class is called {names}: rename one, or merge them (right-click).</source>
      <translation>Plusieurs classes s'appellent {names} : renommez-en une, ou fusionnez-les (clic droit).</translation>
    </message>
    <message>
      <source>New class "{name}"</source>
      <translation>Nouvelle classe "{name}"</translation>
    </message>
    <message>
      <source>{n} polygons are now "{name}". Undo takes them back.</source>
      <translation>{n} polygones sont maintenant "{name}". Annuler les rétablit.</translation>
    </message>
    <message>
      <source>Points of layer "{name}" cannot be brought to the CRS of the scene: {error} Set its CRS.</source>
      <translation>Les points de la couche "{name}" ne peuvent pas être convertis dans le SCR de la scène : {error} Définissez son SCR.</translation>
    </message>
    <message>
      <source>The polygons of "{name}" could not be written to "{path}": {message} Save the layer to a file.</source>
      <translation>Les polygones de "{name}" n'ont pas pu être écrits dans "{path}" : {message} Enregistrez la couche dans un fichier.</translation>
    </message>
    <message>
      <source>"{path}" holds no polygons. Choose another place or threshold.</source>
      <translation>"{path}" ne contient aucun polygone. Choisissez un autre lieu ou un autre seuil.</translation>
    </message>
    <message>
      <source>Layer "{name}" holds no polygons. Choose a polygon layer in step "Label".</source>
      <translation>La couche "{name}" ne contient aucun polygone. Choisissez une couche de polygones à l'étape "Étiquettes".</translation>
    </message>
    <message>
      <source>Layer "{name}" has no field "{field}". Choose its class field in step "Label".</source>
      <translation>La couche "{name}" n'a pas de champ "{field}". Choisissez son champ de classe à l'étape "Étiquettes".</translation>
    </message>
    <message>
      <source>There is no polygon to add. Choose another place, or show more with the slider.</source>
      <translation>Il n'y a pas de polygone à ajouter. Choisissez un autre lieu, ou montrez-en davantage avec le curseur.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited. Choose another one.</source>
      <translation>La couche "{name}" n'est pas modifiable. Choisissez-en une autre.</translation>
    </message>
    <message>
      <source>Polygons of class "{name}"</source>
      <translation>Polygones de la classe "{name}"</translation>
    </message>
    <message>
      <source>Layer "{name}" took no polygons. Look at the log panel, or choose another layer.</source>
      <translation>La couche "{name}" n'a pris aucun polygone. Consultez le journal des messages, ou choisissez une autre couche.</translation>
    </message>
    <message>
      <source>The polygons cannot be expressed in the CRS of layer "{name}" ({error}). Choose another layer.</source>
      <translation>Les polygones ne peuvent pas être exprimés dans le SCR de la couche "{name}" ({error}). Choisissez une autre couche.</translation>
    </message>
    <message>
      <source>The report is on the clipboard. Paste it into your message, as Markdown.</source>
      <translation>Le rapport est dans le presse-papiers. Collez-le dans votre message, en Markdown.</translation>
    </message>
    <message>
      <source>Check the map</source>
      <translation>Vérifier la carte</translation>
    </message>
    <message>
      <source>Open sample project</source>
      <translation>Ouvrir le projet exemple</translation>
    </message>
    <message>
      <source>Devices and checks</source>
      <translation>Périphériques et vérifications</translation>
    </message>
    <message>
      <source>Backend</source>
      <translation>Backend</translation>
    </message>
    <message>
      <source>Settings…</source>
      <translation>Paramètres…</translation>
    </message>
    <message>
      <source>Show the log</source>
      <translation>Afficher le journal</translation>
    </message>
    <message>
      <source>Copy for a bug report</source>
      <translation>Copier pour un rapport d'anomalie</translation>
    </message>
    <message>
      <source>Embedding and training use {name} from now on.</source>
      <translation>L'encodage et l'entraînement utilisent désormais {name}.</translation>
    </message>
    <message>
      <source>Explore</source>
      <translation>Explorer</translation>
    </message>
    <message>
      <source>Results</source>
      <translation>Résultats</translation>
    </message>
    <message>
      <source>Pretrain</source>
      <translation>Préentraîner</translation>
    </message>
    <message>
      <source>MMEarth computes in an environment of its own, and none was found. Open the MMEarth panel and click "Install the backend".</source>
      <translation>MMEarth calcule dans son propre environnement, et aucun n'a été trouvé. Ouvrez le panneau MMEarth et cliquez sur "Installer le backend".</translation>
    </message>
    <message>
      <source>The map cannot be expressed in the CRS of layer "{name}" ({error}). Choose another project CRS.</source>
      <translation>La carte ne peut pas être exprimée dans le SCR de la couche "{name}" ({error}). Choisissez un autre SCR de projet.</translation>
    </message>
    <message>
      <source>The layer of these groups is gone. Use "Find groups" again.</source>
      <translation>La couche de ces groupes n'existe plus. Utilisez de nouveau "Trouver les groupes".</translation>
    </message>
    <message>
      <source>No group is chosen. Choose one in the list.</source>
      <translation>Aucun groupe n'est choisi. Choisissez-en un dans la liste.</translation>
    </message>
    <message>
      <source>Layer "{name}" is not in view. Zoom to it.</source>
      <translation>La couche "{name}" n'est pas dans la vue. Zoomez dessus.</translation>
    </message>
    <message>
      <source>Nothing of "{name}" is in view. Move the map to some of it.</source>
      <translation>Rien de "{name}" n'est dans la vue. Déplacez la carte là où il y en a.</translation>
    </message>
    <message>
      <source>The values of "{name}" could not be read. Look whether its file is still there.</source>
      <translation>Les valeurs de "{name}" n'ont pas pu être lues. Vérifiez que son fichier existe encore.</translation>
    </message>
    <message>
      <source>Colours of the embedding</source>
      <translation>Couleurs de l'embedding</translation>
    </message>
    <message>
      <source>Embedding "{name}" is not in view. Zoom to the layer.</source>
      <translation>L'embedding "{name}" n'est pas dans la vue. Zoomez sur la couche.</translation>
    </message>
    <message>
      <source>These axes need classes. Choose a label layer with two classes, in step Label.</source>
      <translation>Ces axes demandent des classes. Choisissez une couche d'étiquettes avec deux classes, à l'étape Étiquettes.</translation>
    </message>
    <message>
      <source>Drawing…</source>
      <translation>Tracé en cours…</translation>
    </message>
    <message>
      <source>direction {n} ({share})</source>
      <translation>direction {n} ({share})</translation>
    </message>
    <message>
      <source>component {n} ({share})</source>
      <translation>composante {n} ({share})</translation>
    </message>
    <message>
      <source>{n} of {all} points chosen</source>
      <translation>{n} points choisis sur {all}</translation>
    </message>
    <message>
      <source>{n} points, {k} of them labelled</source>
      <translation>{n} points, dont {k} étiquetés</translation>
    </message>
    <message>
      <source>There are no points yet. Draw them first.</source>
      <translation>Il n'y a pas encore de points. Affichez-les d'abord.</translation>
    </message>
    <message>
      <source>No points are chosen. Draw a lasso around some, with Shift held.</source>
      <translation>Aucun point n'est choisi. Tracez un lasso autour de quelques-uns en maintenant Maj.</translation>
    </message>
    <message>
      <source>The chosen points cannot be written to "{path}": {message} Free space on the disk.</source>
      <translation>Les points choisis ne peuvent pas être écrits dans "{path}" : {message} Libérez de l'espace sur le disque.</translation>
    </message>
    <message>
      <source>Chosen points</source>
      <translation>Points choisis</translation>
    </message>
    <message>
      <source>Save as picture</source>
      <translation>Enregistrer comme image</translation>
    </message>
    <message>
      <source>Pictures (*.png)</source>
      <translation>Images (*.png)</translation>
    </message>
    <message>
      <source>The picture "{path}" cannot be written. Choose another folder.</source>
      <translation>L'image "{path}" ne peut pas être écrite. Choisissez un autre dossier.</translation>
    </message>
    <message>
      <source>Reading the embedding… You can click already.</source>
      <translation>Lecture de l'embedding… Vous pouvez déjà cliquer.</translation>
    </message>
    <message>
      <source>Nothing is looked for yet.</source>
      <translation>Rien n'est encore cherché.</translation>
    </message>
    <message>
      <source>Click a place on the map.</source>
      <translation>Cliquez sur un lieu de la carte.</translation>
    </message>
    <message>
      <source>This place lies outside embedding "{name}". Click inside it.</source>
      <translation>Ce lieu est hors de l'embedding "{name}". Cliquez à l'intérieur.</translation>
    </message>
    <message>
      <source>No polygon is selected. Select polygons of the active layer, or choose a class that has some.</source>
      <translation>Aucun polygone n'est sélectionné. Sélectionnez des polygones de la couche active, ou choisissez une classe qui en a.</translation>
    </message>
    <message>
      <source>Click a place that is meant, too.</source>
      <translation>Cliquez aussi sur un lieu voulu.</translation>
    </message>
    <message>
      <source>Looking…</source>
      <translation>Recherche…</translation>
    </message>
    <message>
      <source>There is no layer of similar places any more. Pick a place on the map.</source>
      <translation>Il n'y a plus de couche de lieux semblables. Pointez un lieu sur la carte.</translation>
    </message>
    <message>
      <source>No similar place is in view. Move the map to some.</source>
      <translation>Aucun lieu semblable n'est dans la vue. Déplacez la carte vers l'un d'eux.</translation>
    </message>
    <message>
      <source>Nothing in view is similar enough. Move the slider to the left, or the map.</source>
      <translation>Rien d'assez semblable dans la vue. Déplacez le curseur vers la gauche, ou la carte.</translation>
    </message>
    <message>
      <source>The {n} largest areas become polygons.</source>
      <translation>Les {n} plus grandes zones deviennent des polygones.</translation>
    </message>
    <message>
      <source>Like one place</source>
      <translation>Comme un lieu</translation>
    </message>
    <message>
      <source>Like {n} places</source>
      <translation>D'après {n} lieux</translation>
    </message>
    <message>
      <source>Like the polygons</source>
      <translation>D'après les polygones</translation>
    </message>
    <message>
      <source> and the polygons</source>
      <translation> et les polygones</translation>
    </message>
    <message>
      <source>, unlike {n}</source>
      <translation>, contre-exemples : {n}</translation>
    </message>
    <message>
      <source>The result "{path}" could not be loaded. Look at the log panel.</source>
      <translation>Le résultat "{path}" n'a pas pu être chargé. Consultez le journal des messages.</translation>
    </message>
    <message>
      <source>Close other programs, choose a smaller extent or set a lower memory limit, then start it again.</source>
      <translation>Fermez d'autres programmes, choisissez une emprise plus petite ou abaissez la limite de mémoire, puis relancez le traitement.</translation>
    </message>
    <message>
      <source>The system ended it, most likely because the memory was full.</source>
      <translation>Le système a mis fin au processus, très probablement parce que la mémoire était pleine.</translation>
    </message>
    <message>
      <source>The memory of the graphics card is full.</source>
      <translation>La mémoire de la carte graphique est pleine.</translation>
    </message>
    <message>
      <source>Close other programs that use the card, choose a smaller batch, or choose the CPU as device.</source>
      <translation>Fermez les autres programmes qui utilisent la carte, choisissez une taille de lot plus petite, ou choisissez le CPU comme périphérique.</translation>
    </message>
    <message>
      <source>The driver of the graphics card is too old for this version of PyTorch.</source>
      <translation>Le pilote de la carte graphique est trop ancien pour cette version de PyTorch.</translation>
    </message>
    <message>
      <source>Update the NVIDIA driver and restart the computer, or choose the CPU as device.</source>
      <translation>Mettez à jour le pilote NVIDIA et redémarrez l'ordinateur, ou choisissez le CPU comme périphérique.</translation>
    </message>
    <message>
      <source>This version of PyTorch was not built for this graphics card.</source>
      <translation>Cette version de PyTorch n'a pas été compilée pour cette carte graphique.</translation>
    </message>
    <message>
      <source>Choose the CPU as device, or use an environment of your own with a PyTorch made for the card.</source>
      <translation>Choisissez le CPU comme périphérique, ou utilisez votre propre environnement avec une version de PyTorch adaptée à la carte.</translation>
    </message>
    <message>
      <source>There was not enough memory, or the Windows paging file is too small.</source>
      <translation>La mémoire n'a pas suffi, ou le fichier d'échange de Windows est trop petit.</translation>
    </message>
    <message>
      <source>The disk was full while packages were unpacked.</source>
      <translation>Le disque s'est rempli pendant la décompression des paquets.</translation>
    </message>
    <message>
      <source>Free space on the disk of the backend, or choose another folder for it (panel MMEarth &gt; … &gt; Backend), then try again.</source>
      <translation>Libérez de l'espace sur le disque du backend, ou choisissez un autre dossier pour celui-ci (panneau MMEarth &gt; … &gt; Backend), puis réessayez.</translation>
    </message>
    <message>
      <source>The disk was full while packages were downloaded, or your share of it is used up.</source>
      <translation>Le disque s'est rempli pendant le téléchargement des paquets, ou votre quota y est épuisé.</translation>
    </message>
    <message>
      <source>Free space there, or choose another folder for the backend, then try again: what was downloaded is kept.</source>
      <translation>Libérez-y de l'espace, ou choisissez un autre dossier pour le backend, puis réessayez : ce qui a été téléchargé est conservé.</translation>
    </message>
    <message>
      <source>The disk is full, or your share of it is used up.</source>
      <translation>Le disque est plein, ou votre quota y est épuisé.</translation>
    </message>
    <message>
      <source>Free space on the disk of the output folder and of the temporary files, then start it again.</source>
      <translation>Libérez de l'espace sur le disque du dossier de sortie et sur celui des fichiers temporaires, puis relancez le traitement.</translation>
    </message>
    <message>
      <source>A path is longer than Windows allows.</source>
      <translation>Un chemin est plus long que ce que Windows autorise.</translation>
    </message>
    <message>
      <source>Have long paths enabled in Windows (LongPathsEnabled), or use an environment of your own in a folder with a short path.</source>
      <translation>Faites activer les chemins longs dans Windows (LongPathsEnabled), ou utilisez votre propre environnement dans un dossier au chemin court.</translation>
    </message>
    <message>
      <source>A policy of this computer forbids the program to run.</source>
      <translation>Une stratégie de sécurité de cet ordinateur interdit l'exécution du programme.</translation>
    </message>
    <message>
      <source>Ask your administrator to allow the Python of the environment, or use one that is allowed.</source>
      <translation>Demandez à votre administrateur d'autoriser le Python de l'environnement, ou utilisez-en un qui est autorisé.</translation>
    </message>
    <message>
      <source>Windows refused access to a file: another program holds it, often a virus scanner.</source>
      <translation>Windows a refusé l'accès à un fichier : un autre programme l'occupe, souvent un antivirus.</translation>
    </message>
    <message>
      <source>Close other QGIS windows and wait a minute, then try again; if it happens again, have the folder of the QGIS profile left out of the virus scan.</source>
      <translation>Fermez les autres fenêtres de QGIS, attendez une minute, puis réessayez ; si cela se reproduit, faites exclure le dossier du profil QGIS de l'analyse antivirus.</translation>
    </message>
    <message>
      <source>A file or folder is read-only or belongs to someone else: "{said}".</source>
      <translation>Un fichier ou un dossier est en lecture seule ou appartient à quelqu'un d'autre : "{said}".</translation>
    </message>
    <message>
      <source>Make it writable for yourself, or start QGIS with a profile in a folder that is (--profiles-path).</source>
      <translation>Donnez-vous le droit d'y écrire, ou démarrez QGIS avec un profil situé dans un dossier accessible en écriture (--profiles-path).</translation>
    </message>
    <message>
      <source>The proxy of this network asks for a user name and a password (407).</source>
      <translation>Le proxy de ce réseau demande un nom d'utilisateur et un mot de passe (407).</translation>
    </message>
    <message>
      <source>Enter them in QGIS under Settings &gt; Options &gt; Network, "Use proxy for web access", then try again; your administrator knows them.</source>
      <translation>Indiquez-les dans QGIS sous Préférences &gt; Options &gt; Réseau, "Utiliser un proxy pour l'accès Internet", puis réessayez ; votre administrateur les connaît.</translation>
    </message>
    <message>
      <source>The proxy that is set for QGIS does not answer.</source>
      <translation>Le proxy configuré dans QGIS ne répond pas.</translation>
    </message>
    <message>
      <source>Check the proxy in QGIS under Settings &gt; Options &gt; Network, then try again.</source>
      <translation>Vérifiez le proxy dans QGIS sous Préférences &gt; Options &gt; Réseau, puis réessayez.</translation>
    </message>
    <message>
      <source>The certificate of the server is not trusted; often a proxy or a virus scanner reads the connection.</source>
      <translation>Le certificat du serveur n'est pas reconnu comme fiable ; souvent, un proxy ou un antivirus intercepte la connexion.</translation>
    </message>
    <message>
      <source>Ask your administrator for the certificate of the network and import it in QGIS under Settings &gt; Options &gt; Authentication &gt; Manage Certificates &gt; Authorities, then try again; check the computer's clock, too.</source>
      <translation>Demandez le certificat du réseau à votre administrateur et importez-le dans QGIS sous Préférences &gt; Options &gt; Authentification &gt; Gestion des Certificats &gt; Autorités, puis réessayez ; vérifiez aussi l'horloge de l'ordinateur.</translation>
    </message>
    <message>
      <source>A web page of "{host}" came in place of the file, as from a network that wants you to log in first.</source>
      <translation>Une page web de "{host}" est arrivée à la place du fichier, comme sur un réseau qui exige d'abord une connexion.</translation>
    </message>
    <message>
      <source>Open any page in a web browser and log in to the network, and check the proxy in QGIS under Settings &gt; Options &gt; Network and the address of the package index, then try again.</source>
      <translation>Ouvrez une page quelconque dans un navigateur et connectez-vous au réseau, vérifiez le proxy dans QGIS sous Préférences &gt; Options &gt; Réseau et l'adresse de l'index de paquets, puis réessayez.</translation>
    </message>
    <message>
      <source>The server does not have the file ({status}).</source>
      <translation>Le serveur n'a pas ce fichier ({status}).</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend), or update the plugin.</source>
      <translation>Vérifiez l'adresse de l'index de paquets (panneau MMEarth &gt; … &gt; Backend), ou mettez l'extension à jour.</translation>
    </message>
    <message>
      <source>The server, or a firewall before it, refuses access ({status}).</source>
      <translation>Le serveur, ou un pare-feu placé devant lui, refuse l'accès ({status}).</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend), with user name and password where it wants them, or ask your administrator to allow it.</source>
      <translation>Vérifiez l'adresse de l'index de paquets (panneau MMEarth &gt; … &gt; Backend), avec nom d'utilisateur et mot de passe s'il les exige, ou demandez à votre administrateur d'autoriser l'accès.</translation>
    </message>
    <message>
      <source>The server has a fault of its own ({status}).</source>
      <translation>Le serveur rencontre une erreur interne ({status}).</translation>
    </message>
    <message>
      <source>Try again later: what was downloaded is kept.</source>
      <translation>Réessayez plus tard : ce qui a été téléchargé est conservé.</translation>
    </message>
    <message>
      <source>The server sends on to an address that is not secure, or in circles.</source>
      <translation>Le serveur redirige vers une adresse non sécurisée, ou tourne en boucle.</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend); it begins with https://.</source>
      <translation>Vérifiez l'adresse de l'index de paquets (panneau MMEarth &gt; … &gt; Backend) ; elle commence par https://.</translation>
    </message>
    <message>
      <source>The server cannot be reached: there is no network, or a firewall stands before it.</source>
      <translation>Le serveur est injoignable : il n'y a pas de réseau, ou un pare-feu en bloque l'accès.</translation>
    </message>
    <message>
      <source>Connect to the internet, check the proxy in QGIS under Settings &gt; Options &gt; Network, or have the firewall allow the server, then try again.</source>
      <translation>Connectez-vous à Internet, vérifiez le proxy dans QGIS sous Préférences &gt; Options &gt; Réseau, ou faites autoriser le serveur par le pare-feu, puis réessayez.</translation>
    </message>
    <message>
      <source>The connection broke off, or stood still for too long.</source>
      <translation>La connexion a été interrompue, ou est restée inactive trop longtemps.</translation>
    </message>
    <message>
      <source>Try again: what was downloaded is kept. Where the network is slow, raise the timeout in QGIS under Settings &gt; Options &gt; Network.</source>
      <translation>Réessayez : ce qui a été téléchargé est conservé. Si le réseau est lent, augmentez le délai d'abandon dans QGIS sous Préférences &gt; Options &gt; Réseau.</translation>
    </message>
    <message>
      <source>Put the address of the proxy, with user name and password, into the variable HTTPS_PROXY before QGIS starts, then try again; your administrator knows it.</source>
      <translation>Indiquez l'adresse du proxy, avec nom d'utilisateur et mot de passe, dans la variable HTTPS_PROXY avant de démarrer QGIS, puis réessayez ; votre administrateur connaît cette adresse.</translation>
    </message>
    <message>
      <source>Ask your administrator for the certificate of the network, and set the variables PIP_CERT and SSL_CERT_FILE to its file before QGIS starts; check the computer's clock, too.</source>
      <translation>Demandez le certificat du réseau à votre administrateur, et indiquez son fichier dans les variables PIP_CERT et SSL_CERT_FILE avant de démarrer QGIS ; vérifiez aussi l'horloge de l'ordinateur.</translation>
    </message>
    <message>
      <source>The proxy that is set for this computer does not answer.</source>
      <translation>Le proxy configuré sur cet ordinateur ne répond pas.</translation>
    </message>
    <message>
      <source>Check the variables HTTP_PROXY and HTTPS_PROXY and the proxy of the system, then try again.</source>
      <translation>Vérifiez les variables HTTP_PROXY et HTTPS_PROXY ainsi que le proxy du système, puis réessayez.</translation>
    </message>
    <message>
      <source>Connect to the internet or have the firewall allow it, then try again.</source>
      <translation>Connectez-vous à Internet ou faites autoriser l'accès par le pare-feu, puis réessayez.</translation>
    </message>
    <message>
      <source>The connection broke off during a download.</source>
      <translation>La connexion a été interrompue pendant un téléchargement.</translation>
    </message>
    <message>
      <source>Try again, with a faster or a steadier network if there is one.</source>
      <translation>Réessayez, si possible avec un réseau plus rapide ou plus stable.</translation>
    </message>
    <message>
      <source>A downloaded package is not the one that is expected: its content is damaged or was changed.</source>
      <translation>Un paquet téléchargé n'est pas celui attendu : son contenu est endommagé ou a été modifié.</translation>
    </message>
    <message>
      <source>Try again; if it happens again, a proxy changes downloads: ask your administrator, install nothing.</source>
      <translation>Réessayez ; si cela se reproduit, un proxy modifie les téléchargements : adressez-vous à votre administrateur et n'installez rien.</translation>
    </message>
    <message>
      <source>Install the backend again (panel MMEarth &gt; … &gt; Backend).</source>
      <translation>Réinstallez le backend (panneau MMEarth &gt; … &gt; Backend).</translation>
    </message>
    <message>
      <source>This system is older than the packages: {library} is missing.</source>
      <translation>Ce système est plus ancien que les paquets : {library} manque.</translation>
    </message>
    <message>
      <source>Update the system, or use an environment of your own with packages made for it.</source>
      <translation>Mettez le système à jour, ou utilisez votre propre environnement avec des paquets adaptés à ce système.</translation>
    </message>
    <message>
      <source>The program was made for another kind of processor or system.</source>
      <translation>Le programme a été conçu pour un autre type de processeur ou de système.</translation>
    </message>
    <message>
      <source>Choose a Python of 64 bits made for this computer, then install the backend again.</source>
      <translation>Choisissez un Python 64 bits conçu pour cet ordinateur, puis réinstallez le backend.</translation>
    </message>
    <message>
      <source>Windows could not load a library; most often the Visual C++ runtime is missing or old.</source>
      <translation>Windows n'a pas pu charger une bibliothèque ; le plus souvent, le runtime Visual C++ manque ou est trop ancien.</translation>
    </message>
    <message>
      <source>Install "Microsoft Visual C++ Redistributable 2015-2022 (x64)" from Microsoft, restart the computer and try again; if that does not help, install the backend again.</source>
      <translation>Installez "Microsoft Visual C++ Redistributable 2015-2022 (x64)" de Microsoft, redémarrez l'ordinateur et réessayez ; si cela ne suffit pas, réinstallez le backend.</translation>
    </message>
    <message>
      <source>The system lacks the library "{library}".</source>
      <translation>La bibliothèque "{library}" manque au système.</translation>
    </message>
    <message>
      <source>Install it with the package manager of the system, then try again.</source>
      <translation>Installez-la avec le gestionnaire de paquets du système, puis réessayez.</translation>
    </message>
    <message>
      <source>The Python is too old, or too new, for the packages of the backend.</source>
      <translation>La version de Python est trop ancienne, ou trop récente, pour les paquets du backend.</translation>
    </message>
    <message>
      <source>Choose a Python from 3.11 to 3.13, then install the backend again.</source>
      <translation>Choisissez un Python de 3.11 à 3.13, puis réinstallez le backend.</translation>
    </message>
    <message>
      <source>The folder of the plugin is not complete.</source>
      <translation>Le dossier de l'extension est incomplet.</translation>
    </message>
    <message>
      <source>Remove the plugin, install it again and restart QGIS.</source>
      <translation>Désinstallez l'extension, réinstallez-la et redémarrez QGIS.</translation>
    </message>
    <message>
      <source>The packages of the environment do not fit together: NumPy, PyTorch or GDAL was replaced.</source>
      <translation>Les paquets de l'environnement ne sont pas compatibles entre eux : NumPy, PyTorch ou GDAL a été remplacé.</translation>
    </message>
    <message>
      <source>The environment of the backend is not complete: the module "{module}" is missing.</source>
      <translation>L'environnement du backend est incomplet : le module "{module}" manque.</translation>
    </message>
    <message>
      <source>A library used an instruction that this processor does not have, as ones without AVX.</source>
      <translation>Une bibliothèque a utilisé une instruction absente de ce processeur, comme c'est le cas des processeurs sans AVX.</translation>
    </message>
    <message>
      <source>Use a newer computer, or an environment of your own with a PyTorch built for this processor.</source>
      <translation>Utilisez un ordinateur plus récent, ou votre propre environnement avec une version de PyTorch compilée pour ce processeur.</translation>
    </message>
    <message>
      <source>A file that was in use became shorter or unreachable: a full disk, or a network folder that went away.</source>
      <translation>Un fichier en cours d'utilisation a été tronqué ou est devenu inaccessible : disque plein, ou dossier réseau déconnecté.</translation>
    </message>
    <message>
      <source>Check the disk and the network folder, copy the scene to a local disk and start it again.</source>
      <translation>Vérifiez le disque et le dossier réseau, copiez la scène sur un disque local et relancez le traitement.</translation>
    </message>
    <message>
      <source>A library of the backend crashed (access to memory that is not its own).</source>
      <translation>Une bibliothèque du backend a planté (accès à une zone de mémoire interdite).</translation>
    </message>
    <message>
      <source>Start it again; if it happens again, choose the CPU as device, update the graphics driver or build the environment again, and report it with the log, please.</source>
      <translation>Relancez le traitement ; si cela se reproduit, choisissez le CPU comme périphérique, mettez à jour le pilote graphique ou recréez l'environnement, et signalez le problème avec le journal, s'il vous plaît.</translation>
    </message>
    <message>
      <source>A library of the backend gave up because of an error of its own.</source>
      <translation>Une bibliothèque du backend s'est arrêtée à cause d'une erreur interne.</translation>
    </message>
    <message>
      <source>Start it again; if it happens again, report it with the log, please.</source>
      <translation>Relancez le traitement ; si cela se reproduit, signalez le problème avec le journal, s'il vous plaît.</translation>
    </message>
    <message>
      <source>Another program or the end of the session ended it.</source>
      <translation>Un autre programme ou la fermeture de la session a mis fin au processus.</translation>
    </message>
    <message>
      <source>Start it again.</source>
      <translation>Relancez le traitement.</translation>
    </message>
    <message>
      <source>Its last words were: "{line}".</source>
      <translation>Son dernier message : "{line}".</translation>
    </message>
    <message>
      <source>It left no word.</source>
      <translation>Il n'a laissé aucun message.</translation>
    </message>
    <message>
      <source>Try again; if it happens again, report it with the log, please.</source>
      <translation>Réessayez ; si cela se reproduit, signalez le problème avec le journal, s'il vous plaît.</translation>
    </message>
    <message>
      <source>&lt;b&gt;There is no backend yet.&lt;/b&gt;</source>
      <translation>&lt;b&gt;Il n'y a pas encore de backend.&lt;/b&gt;</translation>
    </message>
    <message>
      <source>&lt;b&gt;In use:&lt;/b&gt; {python}, which was not installed here.</source>
      <translation>&lt;b&gt;Utilisé :&lt;/b&gt; {python}, qui n'a pas été installé ici.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Installed&lt;/b&gt; on {date}: packages {build}, Python {python}, {size} in {place}.</source>
      <translation>&lt;b&gt;Installé&lt;/b&gt; le {date} : paquets {build}, Python {python}, {size} dans {place}.</translation>
    </message>
    <message>
      <source>"{file}" is not a complete offline bundle ({error}). Copy it again, or make it again.</source>
      <translation>"{file}" n'est pas une archive hors ligne complète ({error}). Copiez-la de nouveau, ou recréez-la.</translation>
    </message>
    <message>
      <source>The bundle "{file}" is for "{found}"; "{wanted}" is wanted. Make one for it, or choose that build.</source>
      <translation>L'archive "{file}" est prévue pour "{found}" ; il faut "{wanted}". Créez-en une qui convienne, ou choisissez la version de cette archive.</translation>
    </message>
    <message>
      <source>The bundle "{file}" belongs to another version of the plugin. Make it again with this version.</source>
      <translation>L'archive "{file}" appartient à une autre version de l'extension. Recréez-la avec cette version.</translation>
    </message>
    <message>
      <source>"{file}" has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed.</source>
      <translation>"{file}" a pour SHA-256 {found}…, mais {wanted}… est attendu : le fichier est endommagé ou a été modifié.</translation>
    </message>
    <message>
      <source>Downloading Python {version}</source>
      <translation>Téléchargement de Python {version}</translation>
    </message>
    <message>
      <source>Writing the bundle</source>
      <translation>Écriture de l'archive</translation>
    </message>
    <message>
      <source>"{file}" from {host} has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed, and was removed. Try again; if it happens again, a proxy or a mirror changes downloads: ask your administrator, or choose another package index.</source>
      <translation>"{file}" de {host} a pour SHA-256 {found}…, mais {wanted}… est attendu : le fichier est endommagé ou a été modifié, et a été supprimé. Réessayez ; si cela se reproduit, un proxy ou un miroir modifie les téléchargements : adressez-vous à votre administrateur, ou choisissez un autre index de paquets.</translation>
    </message>
    <message>
      <source>"{file}" was not downloaded from {host}.</source>
      <translation>"{file}" n'a pas été téléchargé depuis {host}.</translation>
    </message>
    <message>
      <source>"{file}" on {host} has {found} bytes, but {wanted} are wanted: it is not the same file. Choose another package index, or update the plugin.</source>
      <translation>"{file}" sur {host} compte {found} octets, mais {wanted} sont attendus : ce n'est pas le même fichier. Choisissez un autre index de paquets, ou mettez l'extension à jour.</translation>
    </message>
    <message>
      <source>"{file}" cannot be written in "{folder}".</source>
      <translation>"{file}" ne peut pas être écrit dans "{folder}".</translation>
    </message>
    <message>
      <source>The disk of "{folder}" has {free} free, but the downloads want {wanted}. Free space there or choose another folder for the backend, then try again.</source>
      <translation>Le disque de "{folder}" a {free} d'espace libre, mais les téléchargements demandent {wanted}. Libérez-y de l'espace ou choisissez un autre dossier pour le backend, puis réessayez.</translation>
    </message>
    <message>
      <source>The downloads in "{folder}" cannot be read.</source>
      <translation>Les téléchargements dans "{folder}" ne peuvent pas être lus.</translation>
    </message>
    <message>
      <source>Downloading the installer (uv)</source>
      <translation>Téléchargement de l'installateur (uv)</translation>
    </message>
    <message>
      <source>Looking for the installer (uv)</source>
      <translation>Recherche de l'installateur (uv)</translation>
    </message>
    <message>
      <source>Asking where the packages are</source>
      <translation>Recherche de l'emplacement des paquets</translation>
    </message>
    <message>
      <source>Downloading packages</source>
      <translation>Téléchargement des paquets</translation>
    </message>
    <message>
      <source>"{address}" is not the address of a package index. Enter one that begins with https://.</source>
      <translation>"{address}" n'est pas l'adresse d'un index de paquets. Indiquez-en une qui commence par https://.</translation>
    </message>
    <message>
      <source>The package index "{host}" is not secure (http). Enter one that begins with https://.</source>
      <translation>L'index de paquets "{host}" n'est pas sécurisé (http). Indiquez une adresse qui commence par https://.</translation>
    </message>
    <message>
      <source>Another QGIS installs the backend now; waiting for it.</source>
      <translation>Un autre QGIS installe le backend en ce moment ; en attente de la fin.</translation>
    </message>
    <message>
      <source>Unpacking the bundle</source>
      <translation>Décompression de l'archive</translation>
    </message>
    <message>
      <source>Making the environment</source>
      <translation>Création de l'environnement</translation>
    </message>
    <message>
      <source>Installing packages</source>
      <translation>Installation des paquets</translation>
    </message>
    <message>
      <source>Testing: one real tile on each device</source>
      <translation>Test : une tuile réelle sur chaque périphérique</translation>
    </message>
    <message>
      <source>The self-test failed: {reason} {place}</source>
      <translation>L'autotest a échoué : {reason} {place}</translation>
    </message>
    <message>
      <source>Self-test passed</source>
      <translation>Autotest réussi</translation>
    </message>
    <message>
      <source>The CPU gave no result.</source>
      <translation>Le CPU n'a donné aucun résultat.</translation>
    </message>
    <message>
      <source>The CPU is missing among the devices.</source>
      <translation>Le CPU manque parmi les périphériques.</translation>
    </message>
    <message>
      <source>about {size}</source>
      <translation>environ {size}</translation>
    </message>
    <message>
      <source>Downloads {size} ({build}), about {disk} on disk, into {place}. Free packages: PyTorch and others under BSD, MIT and similar licences.</source>
      <translation>Télécharge {size} ({build}), environ {disk} sur disque, dans {place}. Paquets libres : PyTorch et d'autres, sous licences BSD, MIT et similaires.</translation>
    </message>
    <message>
      <source>Those of NVIDIA come under NVIDIA's own licence.</source>
      <translation>Ceux de NVIDIA sont soumis à la licence propre à NVIDIA.</translation>
    </message>
    <message>
      <source>the QGIS profile</source>
      <translation>le profil QGIS</translation>
    </message>
    <message>
      <source>The backend was removed.</source>
      <translation>Le backend a été supprimé.</translation>
    </message>
    <message>
      <source>The backend is installed and its self-test passed: {seconds} s, {size} on disk.</source>
      <translation>Le backend est installé et son autotest a réussi : {seconds} s, {size} sur disque.</translation>
    </message>
    <message>
      <source>The offline bundle is written: "{path}", {size}.</source>
      <translation>L'archive hors ligne est écrite : "{path}", {size}.</translation>
    </message>
    <message>
      <source>Cancelled. What was downloaded is kept: the next try goes on from there.</source>
      <translation>Annulé. Ce qui a été téléchargé est conservé : la prochaine tentative reprendra à ce point.</translation>
    </message>
    <message>
      <source>Could not be removed: "{path}". Close other QGIS windows, then remove it by hand.</source>
      <translation>Suppression impossible : "{path}". Fermez les autres fenêtres de QGIS, puis supprimez-le à la main.</translation>
    </message>
    <message>
      <source>for the processor</source>
      <translation>pour le processeur</translation>
    </message>
    <message>
      <source>for NVIDIA cards, CUDA 13</source>
      <translation>pour cartes NVIDIA, CUDA 13</translation>
    </message>
    <message>
      <source>for older NVIDIA cards, CUDA 12.6</source>
      <translation>pour cartes NVIDIA anciennes, CUDA 12.6</translation>
    </message>
    <message>
      <source>for Apple silicon</source>
      <translation>pour puces Apple</translation>
    </message>
    <message>
      <source>No address of a package index is known, so nothing can be downloaded. Enter one on the page "Backend", or install from an offline bundle.</source>
      <translation>Aucune adresse d'index de paquets n'est connue, rien ne peut donc être téléchargé. Indiquez-en une à la page "Backend", ou installez depuis une archive hors ligne.</translation>
    </message>
    <message>
      <source>There are no packages for this kind of computer ("{platform}"). Use an environment of your own.</source>
      <translation>Il n'y a pas de paquets pour ce type d'ordinateur ("{platform}"). Utilisez votre propre environnement.</translation>
    </message>
    <message>
      <source>The package index "{host}" has no package "{package}". Check the address of the index (panel MMEarth &gt; … &gt; Backend), or update the plugin.</source>
      <translation>L'index de paquets "{host}" n'a pas de paquet "{package}". Vérifiez l'adresse de l'index (panneau MMEarth &gt; … &gt; Backend), ou mettez l'extension à jour.</translation>
    </message>
    <message>
      <source>The package index "{host}" did not answer for the package "{package}".</source>
      <translation>L'index de paquets "{host}" n'a pas répondu pour le paquet "{package}".</translation>
    </message>
    <message>
      <source>The package index "{host}" does not have the file "{file}". Update the plugin; if it is the newest, choose another index (panel MMEarth &gt; … &gt; Backend).</source>
      <translation>L'index de paquets "{host}" n'a pas le fichier "{file}". Mettez l'extension à jour ; si elle l'est déjà, choisissez un autre index (panneau MMEarth &gt; … &gt; Backend).</translation>
    </message>
    <message>
      <source>The package index "{host}" sent no list of files for the package "{package}".</source>
      <translation>L'index de paquets "{host}" n'a envoyé aucune liste de fichiers pour le paquet "{package}".</translation>
    </message>
    <message>
      <source>"{program}" cannot be started.</source>
      <translation>"{program}" ne peut pas être démarré.</translation>
    </message>
    <message>
      <source>A step ended with code {code}: "{line}".</source>
      <translation>Une étape s'est terminée avec le code {code} : "{line}".</translation>
    </message>
    <message>
      <source>Looking for a Python</source>
      <translation>Recherche d'un Python</translation>
    </message>
    <message>
      <source>The bundle has no Python in it, and this computer has no Python {version}. Install Python {version}, or choose one in the options of the installation.</source>
      <translation>L'archive ne contient pas de Python, et cet ordinateur n'a pas Python {version}. Installez Python {version}, ou choisissez-en un dans les options d'installation.</translation>
    </message>
    <message>
      <source>Unpacking Python {version}</source>
      <translation>Décompression de Python {version}</translation>
    </message>
    <message>
      <source>"{python}" is not a working Python. Choose another program.</source>
      <translation>"{python}" n'est pas un Python qui fonctionne. Choisissez un autre programme.</translation>
    </message>
    <message>
      <source>"{python}" is {found}; the backend wants CPython, the Python of python.org. Choose another one.</source>
      <translation>"{python}" est {found} ; le backend veut CPython, le Python de python.org. Choisissez-en un autre.</translation>
    </message>
    <message>
      <source>"{python}" is made for "{found}"; the backend wants a Python for "{wanted}". Choose another one.</source>
      <translation>"{python}" est conçu pour "{found}" ; le backend veut un Python pour "{wanted}". Choisissez-en un autre.</translation>
    </message>
    <message>
      <source>32 bits</source>
      <translation>32 bits</translation>
    </message>
    <message>
      <source>"{python}" is Python {found}; the backend wants {wanted}. Choose another one.</source>
      <translation>"{python}" est Python {found} ; le backend veut {wanted}. Choisissez-en un autre.</translation>
    </message>
    <message>
      <source>The backend cannot be written in "{folder}".</source>
      <translation>Le backend ne peut pas être écrit dans "{folder}".</translation>
    </message>
    <message>
      <source>{done} of {all}</source>
      <translation>{done} sur {all}</translation>
    </message>
    <message>
      <source>There is no Python for this kind of computer; choose one of your own.</source>
      <translation>Il n'y a pas de Python pour ce type d'ordinateur ; choisissez-en un vous-même.</translation>
    </message>
    <message>
      <source>Copied. Paste it into a new issue at {url}, below what you did and what happened.</source>
      <translation>Copié. Collez-le dans un nouveau ticket sur {url}, sous la description de ce que vous avez fait et de ce qui s'est passé.</translation>
    </message>
    <message>
      <source>Shows the jobs that start after the running one, in this order.</source>
      <translation>Affiche les tâches qui démarrent après celle en cours, dans cet ordre.</translation>
    </message>
    <message>
      <source>{n} waiting</source>
      <translation>{n} en attente</translation>
    </message>
    <message>
      <source>Take "{name}" out of the queue</source>
      <translation>Retirer "{name}" de la file d'attente</translation>
    </message>
    <message>
      <source>Progress</source>
      <translation>Progression</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Annuler</translation>
    </message>
    <message>
      <source>Cancel all</source>
      <translation>Tout annuler</translation>
    </message>
    <message>
      <source>Taken from the cache: {names}</source>
      <translation>Pris dans le cache : {names}</translation>
    </message>
    <message>
      <source>Done in {time}: {names}</source>
      <translation>Terminé en {time} : {names}</translation>
    </message>
    <message>
      <source>"{name}" is being written by a job that runs or waits already. Wait for it, cancel it, or choose another file name.</source>
      <translation>"{name}" est déjà la sortie d'une tâche en cours ou en attente. Attendez-la, annulez-la, ou choisissez un autre nom de fichier.</translation>
    </message>
    <message>
      <source>Starting…</source>
      <translation>Démarrage…</translation>
    </message>
    <message>
      <source>{name}: done, but its project was closed meanwhile. The result is in {path}</source>
      <translation>{name} : terminé, mais son projet a été fermé entre-temps. Le résultat est dans {path}</translation>
    </message>
    <message>
      <source>{name}: done, but a layer that it belongs to was removed meanwhile. The result is in {path}</source>
      <translation>{name} : terminé, mais une couche associée a été supprimée entre-temps. Le résultat est dans {path}</translation>
    </message>
    <message>
      <source>Cancelling…</source>
      <translation>Annulation…</translation>
    </message>
    <message>
      <source>Layer "{name}" holds points. Use "Point", or choose a polygon layer.</source>
      <translation>La couche "{name}" contient des points. Utilisez "Point", ou choisissez une couche de polygones.</translation>
    </message>
    <message>
      <source>Added to "{name}": {n} pixels.</source>
      <translation>Ajouté à "{name}" : {n} pixels.</translation>
    </message>
    <message>
      <source>No class is chosen. Choose one in the list, or add one, and draw then.</source>
      <translation>Aucune classe n'est choisie. Choisissez-en une dans la liste, ou ajoutez-en une, puis dessinez.</translation>
    </message>
    <message>
      <source>How large a pixel is, is not known. Choose a raster layer in step "Scene" first.</source>
      <translation>La taille d'un pixel n'est pas connue. Choisissez d'abord une couche raster à l'étape "Scène".</translation>
    </message>
    <message>
      <source>Looking for what is alike… The first time, the embedding is read.</source>
      <translation>Recherche de ce qui se ressemble… La première fois, l'embedding est lu.</translation>
    </message>
    <message>
      <source>{n} pixels. Enter takes them.</source>
      <translation>{n} pixels. Entrée les ajoute.</translation>
    </message>
    <message>
      <source>Class "{name}"</source>
      <translation>Classe "{name}"</translation>
    </message>
    <message>
      <source>No class has the key {digit}. Choose one in the list, or add one.</source>
      <translation>Aucune classe n'a la touche {digit}. Choisissez-en une dans la liste, ou ajoutez-en une.</translation>
    </message>
    <message>
      <source>Saved in "{name}".</source>
      <translation>Enregistré dans "{name}".</translation>
    </message>
    <message>
      <source>Click the corners; a right click ends the polygon.</source>
      <translation>Cliquez sur les sommets ; un clic droit termine le polygone.</translation>
    </message>
    <message>
      <source>Drag from corner to corner. Escape drops the shape.</source>
      <translation>Glissez d'un coin à l'autre. Échap abandonne la forme.</translation>
    </message>
    <message>
      <source>Hold the button down and draw the outline. Escape drops it.</source>
      <translation>Maintenez le bouton et tracez le contour. Échap l'abandonne.</translation>
    </message>
    <message>
      <source>Click pixels, or paint with the button held down.</source>
      <translation>Cliquez sur des pixels, ou peignez en maintenant le bouton.</translation>
    </message>
    <message>
      <source>Click a place; Shift+click adds one. Enter takes the area, Escape drops it.</source>
      <translation>Cliquez sur un lieu ; Maj+clic en ajoute un. Entrée valide la zone, Échap l'abandonne.</translation>
    </message>
    <message>
      <source>The label layer "{path}" cannot be written: {message} Choose another output folder.</source>
      <translation>La couche d'étiquettes "{path}" ne peut pas être écrite : {message} Choisissez un autre dossier de sortie.</translation>
    </message>
    <message>
      <source>The classes of "{name}" are not kept in its file, but in the project: {problem}</source>
      <translation>Les classes de "{name}" ne sont pas conservées dans son fichier, mais dans le projet : {problem}</translation>
    </message>
    <message>
      <source>Class {n}</source>
      <translation>Classe {n}</translation>
    </message>
    <message>
      <source>Layers "{a}" and "{b}" lie in different coordinate systems ({found}, {wanted}) and cannot be one scene. Choose layers in one coordinate system, or reproject one of them.</source>
      <translation>Les couches "{a}" et "{b}" sont dans des systèmes de coordonnées différents ({found}, {wanted}) et ne peuvent pas former une scène. Choisissez des couches dans un même SCR, ou reprojetez l'une d'elles.</translation>
    </message>
    <message>
      <source>{name} and {n} more</source>
      <translation>{name} et {n} autres</translation>
    </message>
    <message>
      <source>No raster layer is chosen. Add the scene to the project and choose it.</source>
      <translation>Aucune couche raster n'est choisie. Ajoutez la scène au projet et choisissez-la.</translation>
    </message>
    <message>
      <source>"{name}" is not a working raster layer. Choose another layer.</source>
      <translation>"{name}" n'est pas une couche raster utilisable. Choisissez une autre couche.</translation>
    </message>
    <message>
      <source>a web tile service</source>
      <translation>service de tuiles web</translation>
    </message>
    <message>
      <source>Layer "{name}" is {service}, which holds pictures or remote data instead of band values in a file. Save it first: right-click the layer, Export, Save As…, raw data, GeoTIFF; then choose the saved layer.</source>
      <translation>La couche "{name}" est de type {service} : elle contient des images ou des données distantes, et non les valeurs des bandes dans un fichier. Enregistrez-la d'abord : clic droit sur la couche, Exporter, Enregistrer sous…, données brutes, GeoTIFF ; puis choisissez la couche enregistrée.</translation>
    </message>
    <message>
      <source>The file of layer "{name}" was not found: "{path}". Choose a raster that is stored in a file.</source>
      <translation>Le fichier de la couche "{name}" est introuvable : "{path}". Choisissez un raster stocké dans un fichier.</translation>
    </message>
    <message>
      <source>The extent cannot be expressed in the CRS of layer "{name}": {error} Choose another extent.</source>
      <translation>L'emprise ne peut pas être exprimée dans le SCR de la couche "{name}" : {error} Choisissez une autre emprise.</translation>
    </message>
    <message>
      <source>The extent lies outside layer "{name}": {found} does not meet {wanted} ({crs}). Zoom to the layer, draw another rectangle, or use the whole layer.</source>
      <translation>L'emprise est hors de la couche "{name}" : {found} ne rencontre pas {wanted} ({crs}). Zoomez sur la couche, dessinez un autre rectangle, ou utilisez toute la couche.</translation>
    </message>
    <message>
      <source>no CRS</source>
      <translation>pas de SCR</translation>
    </message>
    <message>
      <source>Band mapping "{part}" was not understood. Write it like "B2=1, B3=2, B4=3".</source>
      <translation>Correspondance des bandes "{part}" non comprise. Écrivez-la comme "B2=1, B3=2, B4=3".</translation>
    </message>
    <message>
      <source>No working vector layer is chosen. Choose one, or make a new one.</source>
      <translation>Aucune couche vectorielle utilisable n'est choisie. Choisissez-en une, ou créez-en une.</translation>
    </message>
    <message>
      <source>Folder "{folder}" cannot be made ({reason}). Choose another output folder.</source>
      <translation>Le dossier "{folder}" ne peut pas être créé ({reason}). Choisissez un autre dossier de sortie.</translation>
    </message>
    <message>
      <source>Folder "{folder}" is not writable. Choose another output folder.</source>
      <translation>Le dossier "{folder}" n'est pas accessible en écriture. Choisissez un autre dossier de sortie.</translation>
    </message>
    <message>
      <source>The place cannot be shown on the map ({error}). Choose another project CRS.</source>
      <translation>Le lieu ne peut pas être montré sur la carte ({error}). Choisissez un autre SCR de projet.</translation>
    </message>
    <message>
      <source>Many polygons: fine-tune a network</source>
      <translation>Beaucoup de polygones : affiner un réseau</translation>
    </message>
    <message>
      <source>Choose the polygons to classify in step "Map", and predict.</source>
      <translation>Choisissez les polygones à classer à l'étape "Carte", puis prédisez.</translation>
    </message>
    <message>
      <source>; {n} more layers, not ticked yet</source>
      <translation>, {n} autres couches, pas encore cochées</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one in step "Label", or use "New label layer".</source>
      <translation>Aucune couche d'étiquettes n'est choisie. Choisissez-en une à l'étape "Étiquettes", ou utilisez "Nouvelle couche d'étiquettes".</translation>
    </message>
    <message>
      <source>Draw a polygon around the point: it becomes "{name}".</source>
      <translation>Dessinez un polygone autour du point : il devient "{name}".</translation>
    </message>
    <message>
      <source>Draw a polygon around the point.</source>
      <translation>Dessinez un polygone autour du point.</translation>
    </message>
    <message>
      <source>The map is hidden, so that it tells no answers.</source>
      <translation>La carte est masquée, pour ne pas souffler les réponses.</translation>
    </message>
    <message>
      <source>Backend {version}, protocol {protocol}: {versions}; devices: {devices}</source>
      <translation>Backend {version}, protocole {protocol} : {versions} ; périphériques : {devices}</translation>
    </message>
    <message>
      <source>Training</source>
      <translation>Entraînement</translation>
    </message>
    <message>
      <source>Fine-tuning</source>
      <translation>Affinage</translation>
    </message>
    <message>
      <source>Evaluation</source>
      <translation>Évaluation</translation>
    </message>
    <message>
      <source>Places to label</source>
      <translation>Lieux à étiqueter</translation>
    </message>
    <message>
      <source>Accuracy</source>
      <translation>Exactitude</translation>
    </message>
    <message>
      <source>Pretraining</source>
      <translation>Préentraînement</translation>
    </message>
    <message>
      <source>Adaptation</source>
      <translation>Adaptation</translation>
    </message>
    <message>
      <source>Similarity</source>
      <translation>Similarité</translation>
    </message>
    <message>
      <source>Clusters</source>
      <translation>Groupes</translation>
    </message>
    <message>
      <source>Scatter plot</source>
      <translation>Nuage de points</translation>
    </message>
    <message>
      <source>Comparison</source>
      <translation>Comparaison</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exporter</translation>
    </message>
    <message>
      <source>Download</source>
      <translation>Télécharger</translation>
    </message>
    <message>
      <source>Conversion</source>
      <translation>Conversion</translation>
    </message>
    <message>
      <source>Device test</source>
      <translation>Test des périphériques</translation>
    </message>
    <message>
      <source>{job}: {file}</source>
      <translation>{job} : {file}</translation>
    </message>
    <message>
      <source>Choose another layer, extent, field or band mapping.</source>
      <translation>Choisissez une autre couche, une autre emprise, un autre champ ou une autre correspondance des bandes.</translation>
    </message>
    <message>
      <source>Choose other weights or another model.</source>
      <translation>Choisissez d'autres poids ou un autre modèle.</translation>
    </message>
    <message>
      <source>Choose a smaller extent, free memory or disk, or choose another device.</source>
      <translation>Choisissez une emprise plus petite, libérez de la mémoire ou du disque, ou choisissez un autre périphérique.</translation>
    </message>
    <message>
      <source>Look at the log panel "MMEarth" and report it, please.</source>
      <translation>Consultez l'onglet "MMEarth" du journal des messages et signalez le problème, s'il vous plaît.</translation>
    </message>
    <message>
      <source>working</source>
      <translation>en cours</translation>
    </message>
    <message>
      <source>less than a second</source>
      <translation>moins d'une seconde</translation>
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
      <translation>reste {time}</translation>
    </message>
    <message>
      <source>Recommended</source>
      <translation>Recommandé</translation>
    </message>
    <message>
      <source>Nearest prototype</source>
      <translation>Prototype le plus proche</translation>
    </message>
    <message>
      <source>Nearest neighbours</source>
      <translation>Plus proches voisins</translation>
    </message>
    <message>
      <source>Ridge regression</source>
      <translation>Régression ridge</translation>
    </message>
    <message>
      <source>Ridge</source>
      <translation>Ridge</translation>
    </message>
    <message>
      <source>Logistic regression</source>
      <translation>Régression logistique</translation>
    </message>
    <message>
      <source>Random forest</source>
      <translation>Forêt aléatoire</translation>
    </message>
    <message>
      <source>Small neural network</source>
      <translation>Petit réseau de neurones</translation>
    </message>
    <message>
      <source>Automatic</source>
      <translation>Automatique</translation>
    </message>
    <message>
      <source>Linear probe</source>
      <translation>Sonde linéaire</translation>
    </message>
    <message>
      <source>Decoder</source>
      <translation>Décodeur</translation>
    </message>
    <message>
      <source>Last stages</source>
      <translation>Derniers étages</translation>
    </message>
    <message>
      <source>Everything</source>
      <translation>Tout</translation>
    </message>
    <message>
      <source>Quick classifier</source>
      <translation>Classifieur rapide</translation>
    </message>
    <message>
      <source>Step {step} of {total}: {values}</source>
      <translation>Itération {step} sur {total} : {values}</translation>
    </message>
    <message>
      <source>less than 1 MB</source>
      <translation>moins de 1 Mo</translation>
    </message>
    <message>
      <source>{n} MB</source>
      <translation>{n} Mo</translation>
    </message>
    <message>
      <source>{n} GB</source>
      <translation>{n} Go</translation>
    </message>
    <message>
      <source>none was found</source>
      <translation>aucun n'a été trouvé</translation>
    </message>
    <message>
      <source>The Python that has PyTorch and rasterio. Empty: the environment that the panel builds.</source>
      <translation>Le Python qui dispose de PyTorch et de rasterio. Vide : l'environnement que crée le panneau.</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Dossier des résultats</translation>
    </message>
    <message>
      <source>Empty: the folder "mmearth" beside the project, or among your documents.</source>
      <translation>Vide : le dossier "mmearth" à côté du projet, ou dans vos documents.</translation>
    </message>
    <message>
      <source> GB</source>
      <translation> Go</translation>
    </message>
    <message>
      <source>switched off</source>
      <translation>désactivé</translation>
    </message>
    <message>
      <source>Embeddings are kept up to this size, so that the same request is not computed twice.</source>
      <translation>Les embeddings sont conservés jusqu'à cette taille, pour ne pas recalculer une même demande.</translation>
    </message>
    <message>
      <source>Fewer leave room for other programs. Counts when the backend starts next.</source>
      <translation>En utiliser moins laisse de la place aux autres programmes. Pris en compte au prochain démarrage du backend.</translation>
    </message>
    <message>
      <source>Tell me when a long job ends while QGIS is in the background</source>
      <translation>M'avertir quand une longue tâche se termine et que QGIS est en arrière-plan</translation>
    </message>
    <message>
      <source>The language follows QGIS: Settings ▸ Options ▸ General.</source>
      <translation>La langue suit QGIS : Préférences ▸ Options ▸ Général.</translation>
    </message>
    <message>
      <source>Cache of embeddings</source>
      <translation>Cache des embeddings</translation>
    </message>
    <message>
      <source>Processor threads</source>
      <translation>Threads du processeur</translation>
    </message>
    <message>
      <source>MMEarth</source>
      <translation>MMEarth</translation>
    </message>
    <message>
      <source>Weights for images of another sensor, without labels: the encoder learns from ground that a known sensor has seen too.</source>
      <translation>Des poids pour les images d'un autre capteur, sans étiquettes : l'encodeur apprend sur un terrain qu'un capteur connu a vu aussi.</translation>
    </message>
    <message>
      <source>Bundled weights</source>
      <translation>Poids fournis</translation>
    </message>
    <message>
      <source>Those of step "Scene"</source>
      <translation>Ceux de l'étape "Scène"</translation>
    </message>
    <message>
      <source>Weights file</source>
      <translation>Fichier de poids</translation>
    </message>
    <message>
      <source>The weights that understand the reference; the new ones begin with them.</source>
      <translation>Les poids qui comprennent la référence ; les nouveaux partent d'eux.</translation>
    </message>
    <message>
      <source>Agree</source>
      <translation>Concorder</translation>
    </message>
    <message>
      <source>Agree and contrast</source>
      <translation>Avec contraste</translation>
    </message>
    <message>
      <source>X-STARS</source>
      <translation>X-STARS</translation>
    </message>
    <message>
      <source>Fill gaps</source>
      <translation>Combler les trous</translation>
    </message>
    <message>
      <source>Adapt</source>
      <translation>Adapter</translation>
    </message>
    <message>
      <source>as the images</source>
      <translation>comme les images</translation>
    </message>
    <message>
      <source>Pixel size that the new encoder works at. Larger is faster, with less detail.</source>
      <translation>Taille de pixel à laquelle travaille le nouvel encodeur. Plus grande : plus rapide, moins de détails.</translation>
    </message>
    <message>
      <source>automatic</source>
      <translation>automatique</translation>
    </message>
    <message>
      <source>Side of a window in pixels of the reference, a multiple of the weights' patch.</source>
      <translation>Côté d'une fenêtre en pixels de la référence, multiple du patch des poids.</translation>
    </message>
    <message>
      <source>nothing</source>
      <translation>rien</translation>
    </message>
    <message>
      <source>the same ground</source>
      <translation>le même terrain</translation>
    </message>
    <message>
      <source>other ground in each</source>
      <translation>un terrain différent</translation>
    </message>
    <message>
      <source>What is hidden in the images of a pair while the encoder learns to fill gaps.</source>
      <translation>Ce qui est masqué dans les images d'une paire pendant que l'encodeur apprend à combler les trous.</translation>
    </message>
    <message>
      <source>A raster of classes: places with like classes shall look alike to the encoder.</source>
      <translation>Un raster de classes : les lieux de classes semblables doivent se ressembler pour l'encodeur.</translation>
    </message>
    <message>
      <source>until no gain</source>
      <translation>jusqu'au plateau</translation>
    </message>
    <message>
      <source>Correct a shift</source>
      <translation>Corriger un décalage</translation>
    </message>
    <message>
      <source>Takes out the shift between the images of a pair, where one is found.</source>
      <translation>Retire le décalage entre les images d'une paire, là où il en est trouvé un.</translation>
    </message>
    <message>
      <source>From random weights</source>
      <translation>Depuis des poids aléatoires</translation>
    </message>
    <message>
      <source>For comparison: what is learned without the weights to begin with.</source>
      <translation>Pour comparer : ce qui est appris sans partir des poids.</translation>
    </message>
    <message>
      <source>Advanced</source>
      <translation>Avancé</translation>
    </message>
    <message>
      <source>Resolution</source>
      <translation>Résolution</translation>
    </message>
    <message>
      <source>Window</source>
      <translation>Fenêtre</translation>
    </message>
    <message>
      <source>Hide</source>
      <translation>Masquer</translation>
    </message>
    <message>
      <source>Land cover</source>
      <translation>Occupation</translation>
    </message>
    <message>
      <source>Learn to</source>
      <translation>Apprend à</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>Enregistrer</translation>
    </message>
    <message>
      <source>There is no weights file "{path}". Choose one that understands the reference.</source>
      <translation>Le fichier de poids "{path}" n'existe pas. Choisissez-en un qui comprend la référence.</translation>
    </message>
    <message>
      <source>The new encoder says of a place what the known one says of it.</source>
      <translation>Le nouvel encodeur dit d'un lieu ce que l'encodeur connu en dit.</translation>
    </message>
    <message>
      <source>The same, and places look as different to it as to the known encoder.</source>
      <translation>Idem, et les lieux lui paraissent aussi différents qu'à l'encodeur connu.</translation>
    </message>
    <message>
      <source>The published method: contrasts places and learns from views of the same image. Several times slower. For comparison.</source>
      <translation>La méthode publiée : elle oppose les lieux et apprend de vues de la même image. Plusieurs fois plus lente. Pour comparer.</translation>
    </message>
    <message>
      <source>Fills hidden parts of the new images. Learns nothing from the reference; for comparison.</source>
      <translation>Comble des parties masquées des nouvelles images. N'apprend rien de la référence ; pour comparer.</translation>
    </message>
    <message>
      <source>Agreement on held-out places appears here.</source>
      <translation>La concordance sur les lieux de validation apparaît ici.</translation>
    </message>
    <message>
      <source>Pairs of the same ground. Click to open it in full size.</source>
      <translation>Paires du même terrain. Cliquez pour ouvrir l'image en taille réelle.</translation>
    </message>
    <message>
      <source>Use these weights</source>
      <translation>Utiliser ces poids</translation>
    </message>
    <message>
      <source>Embedding and training use them from now on, as step "Scene" says.</source>
      <translation>L'encodage et l'entraînement les utilisent désormais, comme l'indique l'étape "Scène".</translation>
    </message>
    <message>
      <source>Comparing the images…</source>
      <translation>Comparaison des images…</translation>
    </message>
    <message>
      <source>Step {step} of at most {total}</source>
      <translation>Itération {step} sur {total} au plus</translation>
    </message>
    <message>
      <source>; held-out places: retrieval@1 {share} %, cosine {cosine}</source>
      <translation> ; lieux de validation : retrieval@1 {share} %, cosinus {cosine}</translation>
    </message>
    <message>
      <source>held-out places gained no more</source>
      <translation>les lieux de validation ne gagnaient plus</translation>
    </message>
    <message>
      <source>all steps done</source>
      <translation>tous les pas faits</translation>
    </message>
    <message>
      <source>&lt;b&gt;{name}&lt;/b&gt;: {steps} steps in {time}; {ended}.</source>
      <translation>&lt;b&gt;{name}&lt;/b&gt; : {steps} pas en {time} ; {ended}.</translation>
    </message>
    <message>
      <source>Stopped; saved after step {n}.</source>
      <translation>Arrêté ; enregistré après l'itération {n}.</translation>
    </message>
    <message>
      <source>Stopped.</source>
      <translation>Arrêté.</translation>
    </message>
    <message>
      <source> The best weights so far are kept.</source>
      <translation> Les meilleurs poids jusqu'ici sont conservés.</translation>
    </message>
    <message>
      <source>choose a class map</source>
      <translation>choisir une carte de classes</translation>
    </message>
    <message>
      <source>Draw sample points</source>
      <translation>Tirer un échantillon</translation>
    </message>
    <message>
      <source>At random inside each class. Say what is there without looking at the map.</source>
      <translation>Au hasard dans chaque classe. Dites ce qui s'y trouve sans regarder la carte.</translation>
    </message>
    <message>
      <source>choose a point layer</source>
      <translation>choisir une couche de points</translation>
    </message>
    <message>
      <source>What is there in truth. Choosing a class goes on to the next point without one.</source>
      <translation>Ce qui s'y trouve en réalité. Choisir une classe fait passer au point suivant sans classe.</translation>
    </message>
    <message>
      <source>Previous</source>
      <translation>Précédent</translation>
    </message>
    <message>
      <source>Next</source>
      <translation>Suivant</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Comparer</translation>
    </message>
    <message>
      <source>Open report</source>
      <translation>Ouvrir le rapport</translation>
    </message>
    <message>
      <source>Points per class</source>
      <translation>Points par classe</translation>
    </message>
    <message>
      <source>It is</source>
      <translation>C'est</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Échantillon</translation>
    </message>
    <message>
      <source>No point layer is chosen. Use "Draw sample points" and say what is there, or choose a layer.</source>
      <translation>Aucune couche de points n'est choisie. Utilisez "Tirer un échantillon" et dites ce qui s'y trouve, ou choisissez une couche.</translation>
    </message>
    <message>
      <source>Layer "{name}" could not be saved: {errors} Save it yourself and try again.</source>
      <translation>La couche "{name}" n'a pas pu être enregistrée : {errors} Enregistrez-la vous-même et réessayez.</translation>
    </message>
    <message>
      <source>not known yet</source>
      <translation>pas encore connue</translation>
    </message>
    <message>
      <source>No class map is chosen. Make one in step "Train" or "Map", or choose one that a prediction wrote.</source>
      <translation>Aucune carte de classes n'est choisie. Créez-en une à l'étape "Entraîner" ou "Carte", ou choisissez-en une issue d'une prédiction.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Point {n} of {all}&lt;/b&gt;, {done} with a class</source>
      <translation>&lt;b&gt;Point {n} sur {all}&lt;/b&gt;, {done} avec une classe</translation>
    </message>
    <message>
      <source>Packages</source>
      <translation>Paquets</translation>
    </message>
    <message>
      <source>Folder for the backend</source>
      <translation>Dossier du backend</translation>
    </message>
    <message>
      <source>in the QGIS profile</source>
      <translation>dans le profil QGIS</translation>
    </message>
    <message>
      <source>Python to make the environment from</source>
      <translation>Python servant à créer l'environnement</translation>
    </message>
    <message>
      <source>found or fetched by itself</source>
      <translation>automatique : trouvé ou téléchargé</translation>
    </message>
    <message>
      <source>as the system has it</source>
      <translation>comme dans le système</translation>
    </message>
    <message>
      <source>Address of a package index (a mirror of your organisation, for example).</source>
      <translation>Adresse d'un index de paquets (un miroir de votre organisation, par exemple).</translation>
    </message>
    <message>
      <source>as packaged</source>
      <translation>fournie avec l'extension</translation>
    </message>
    <message>
      <source>Address of PyTorch's own index, or of a mirror: it has builds for more cards.</source>
      <translation>Adresse de l'index propre à PyTorch, ou d'un miroir : on y trouve des versions pour d'autres cartes.</translation>
    </message>
    <message>
      <source>Install from an offline bundle…</source>
      <translation>Installer hors ligne…</translation>
    </message>
    <message>
      <source>Make an offline bundle…</source>
      <translation>Créer une archive hors ligne…</translation>
    </message>
    <message>
      <source>One file with all packages and a Python, for a computer of this kind without network.</source>
      <translation>Un seul fichier avec tous les paquets et un Python, pour un ordinateur du même type sans réseau.</translation>
    </message>
    <message>
      <source>Use my own environment…</source>
      <translation>Utiliser mon environnement…</translation>
    </message>
    <message>
      <source>Compute on another machine…</source>
      <translation>Calculer sur une autre machine…</translation>
    </message>
    <message>
      <source>Install it again</source>
      <translation>Réinstaller</translation>
    </message>
    <message>
      <source>For a backend that does not start any more: its packages are fetched anew.</source>
      <translation>Pour un backend qui ne démarre plus : ses paquets sont téléchargés de nouveau.</translation>
    </message>
    <message>
      <source>Remove the backend…</source>
      <translation>Supprimer le backend…</translation>
    </message>
    <message>
      <source>Update the backend</source>
      <translation>Mettre à jour le backend</translation>
    </message>
    <message>
      <source>{title} (recommended)</source>
      <translation>{title} (recommandé)</translation>
    </message>
    <message>
      <source>Options of the installation</source>
      <translation>Options d'installation</translation>
    </message>
    <message>
      <source>Folder</source>
      <translation>Dossier</translation>
    </message>
    <message>
      <source>Python</source>
      <translation>Python</translation>
    </message>
    <message>
      <source>Package index</source>
      <translation>Index de paquets</translation>
    </message>
    <message>
      <source>PyTorch's index</source>
      <translation>Index de PyTorch</translation>
    </message>
    <message>
      <source>Choose the Python of an environment that has backend/requirements.txt installed</source>
      <translation>Choisir le Python d'un environnement où backend/requirements.txt est installé</translation>
    </message>
    <message>
      <source>Choose an offline bundle</source>
      <translation>Choisir une archive hors ligne</translation>
    </message>
    <message>
      <source>Write an offline bundle</source>
      <translation>Écrire une archive hors ligne</translation>
    </message>
    <message>
      <source>Remove the backend from this computer? Your results, models and weights stay.</source>
      <translation>Supprimer le backend de cet ordinateur ? Vos résultats, modèles et poids restent.</translation>
    </message>
    <message>
      <source>Remove the backend</source>
      <translation>Supprimer le backend</translation>
    </message>
    <message>
      <source>Reset</source>
      <translation>Réinitialiser</translation>
    </message>
    <message>
      <source>Forget the bands and units chosen for layers like this one, and take what is proposed</source>
      <translation>Oublier les bandes et unités choisies pour les couches comme celle-ci, et reprendre ce qui est proposé</translation>
    </message>
    <message>
      <source>by name</source>
      <translation>par nom</translation>
    </message>
    <message>
      <source>by wavelength</source>
      <translation>par longueur d'onde</translation>
    </message>
    <message>
      <source>by order</source>
      <translation>selon l'ordre</translation>
    </message>
    <message>
      <source>by colour</source>
      <translation>par couleur</translation>
    </message>
    <message>
      <source>chosen</source>
      <translation>choisies</translation>
    </message>
    <message>
      <source>Bands: {found} of {wanted}, {how}</source>
      <translation>Bandes : {found} sur {wanted}, {how}</translation>
    </message>
    <message>
      <source>Bands: choose which is which</source>
      <translation>Bandes : choisir lesquelles</translation>
    </message>
    <message>
      <source>not in this layer</source>
      <translation>pas dans cette couche</translation>
    </message>
    <message>
      <source>band {n}: {name}</source>
      <translation>bande {n} : {name}</translation>
    </message>
    <message>
      <source>Rename</source>
      <translation>Renommer</translation>
    </message>
    <message>
      <source>Colour…</source>
      <translation>Couleur…</translation>
    </message>
    <message>
      <source>Take into account</source>
      <translation>Prendre en compte</translation>
    </message>
    <message>
      <source>Ignore</source>
      <translation>Ignorer</translation>
    </message>
    <message>
      <source>Move up</source>
      <translation>Monter</translation>
    </message>
    <message>
      <source>Move down</source>
      <translation>Descendre</translation>
    </message>
    <message>
      <source>Merge into</source>
      <translation>Fusionner dans</translation>
    </message>
    <message>
      <source>Split: selected polygons become a class</source>
      <translation>Séparer : les polygones sélectionnés deviennent une classe</translation>
    </message>
    <message>
      <source>Select its polygons</source>
      <translation>Sélectionner ses polygones</translation>
    </message>
    <message>
      <source>Zoom to its polygons</source>
      <translation>Zoomer sur ses polygones</translation>
    </message>
    <message>
      <source>Remove with its {n} polygons</source>
      <translation>Supprimer avec ses {n} polygones</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Supprimer</translation>
    </message>
    <message>
      <source>Import from a file…</source>
      <translation>Importer depuis un fichier…</translation>
    </message>
    <message>
      <source>Export as CSV…</source>
      <translation>Exporter en CSV…</translation>
    </message>
    <message>
      <source>Export as class list of SCP…</source>
      <translation>Exporter en liste de classes de SCP…</translation>
    </message>
    <message>
      <source>Export as QML style…</source>
      <translation>Exporter en style QML…</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Classe</translation>
    </message>
    <message>
      <source>Add a class</source>
      <translation>Ajouter une classe</translation>
    </message>
    <message>
      <source>Remove the chosen class</source>
      <translation>Supprimer la classe choisie</translation>
    </message>
    <message>
      <source>Undo the last change of the class list</source>
      <translation>Annuler la dernière modification de la liste des classes</translation>
    </message>
    <message>
      <source>Scheme</source>
      <translation>Nomenclature</translation>
    </message>
    <message>
      <source>Take the classes of a ready scheme or a file, or save them</source>
      <translation>Prendre les classes d'une nomenclature toute prête ou d'un fichier, ou les enregistrer</translation>
    </message>
    <message>
      <source>Class "{name}" is removed. The arrow above brings it back.</source>
      <translation>La classe "{name}" est supprimée. La flèche ci-dessus la rétablit.</translation>
    </message>
    <message>
      <source>The classes are saved in "{path}".</source>
      <translation>Les classes sont enregistrées dans "{path}".</translation>
    </message>
    <message>
      <source>Class lists (*.csv *.txt *.qml);;All files (*)</source>
      <translation>Listes de classes (*.csv *.txt *.qml);;Tous les fichiers (*)</translation>
    </message>
    <message>
      <source>Import classes</source>
      <translation>Importer des classes</translation>
    </message>
    <message>
      <source>QML styles (*.qml)</source>
      <translation>Styles QML (*.qml)</translation>
    </message>
    <message>
      <source>Tables (*.csv)</source>
      <translation>Tables (*.csv)</translation>
    </message>
    <message>
      <source>Export classes</source>
      <translation>Exporter les classes</translation>
    </message>
    <message>
      <source>There is a class "{name}" already. Choose another name, or merge the two (right-click).</source>
      <translation>Il y a déjà une classe "{name}". Choisissez un autre nom, ou fusionnez les deux (clic droit).</translation>
    </message>
    <message>
      <source>Class "{name}" has {n} polygons. Merge it into another class, or remove it with its polygons.</source>
      <translation>La classe "{name}" a {n} polygones. Fusionnez-la dans une autre classe, ou supprimez-la avec ses polygones.</translation>
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
      <translation>Son nombre de polygones</translation>
    </message>
    <message>
      <source>How many pixels its polygons cover, roughly</source>
      <translation>Le nombre approximatif de pixels que couvrent ses polygones</translation>
    </message>
    <message>
      <source>F1 on held-out polygons after the last training</source>
      <translation>F1 sur les polygones de validation après le dernier entraînement</translation>
    </message>
    <message>
      <source>Classes</source>
      <translation>Classes</translation>
    </message>
    <message>
      <source>The chosen class is given to the polygons you draw: click it, or press its number. Double-click a name to change it, drag its number to move it, right-click it for more. The polygons of a class without a tick are ignored.</source>
      <translation>La classe choisie est donnée aux polygones que vous dessinez : cliquez dessus, ou tapez son numéro. Double-cliquez sur un nom pour le changer, glissez son numéro pour la déplacer, clic droit pour plus d'options. Les polygones d'une classe décochée sont ignorés.</translation>
    </message>
    <message>
      <source>Colour of class "{name}"</source>
      <translation>Couleur de la classe "{name}"</translation>
    </message>
    <message>
      <source>{name} (value {value})</source>
      <translation>{name} (valeur {value})</translation>
    </message>
    <message>
      <source>Suggested</source>
      <translation>Suggéré</translation>
    </message>
    <message>
      <source>How many groups; at the lowest value, as many as the data suggest.</source>
      <translation>Le nombre de groupes ; à la valeur la plus basse, autant que le suggèrent les données.</translation>
    </message>
    <message>
      <source>Find groups</source>
      <translation>Trouver les groupes</translation>
    </message>
    <message>
      <source>Groups the pixels of the embedding by likeness, without labels.</source>
      <translation>Regroupe les pixels de l'embedding par ressemblance, sans étiquettes.</translation>
    </message>
    <message>
      <source>Double-click a name to change it.</source>
      <translation>Double-cliquez sur un nom pour le changer.</translation>
    </message>
    <message>
      <source>Make this a class</source>
      <translation>En faire une classe</translation>
    </message>
    <message>
      <source>Adds the chosen group in view to the label layer, as polygons of a class.</source>
      <translation>Ajoute le groupe choisi, dans la vue, à la couche d'étiquettes, comme polygones d'une classe.</translation>
    </message>
    <message>
      <source>Number</source>
      <translation>Nombre</translation>
    </message>
    <message>
      <source>{n} %</source>
      <translation>{n} %</translation>
    </message>
    <message>
      <source>{n} groups; the data suggest {k}.</source>
      <translation>{n} groupes ; les données en suggèrent {k}.</translation>
    </message>
    <message>
      <source>First run</source>
      <translation>Première exécution</translation>
    </message>
    <message>
      <source>Second run</source>
      <translation>Seconde exécution</translation>
    </message>
    <message>
      <source>Map the difference</source>
      <translation>Carte des différences</translation>
    </message>
    <message>
      <source>Writes a map of where the classes differ, from which class to which.</source>
      <translation>Écrit une carte des endroits où les classes diffèrent, de quelle classe à quelle classe.</translation>
    </message>
    <message>
      <source>From</source>
      <translation>De</translation>
    </message>
    <message>
      <source>To</source>
      <translation>Vers</translation>
    </message>
    <message>
      <source>&lt;b&gt;The same class on {share} of {area} ha&lt;/b&gt;; kappa {kappa}</source>
      <translation>&lt;b&gt;Même classe sur {share} de {area} ha&lt;/b&gt; ; kappa {kappa}</translation>
    </message>
    <message>
      <source>and {n} more, in the table beside the map</source>
      <translation>et {n} autres, dans la table à côté de la carte</translation>
    </message>
    <message>
      <source>Choose two different runs.</source>
      <translation>Choisissez deux exécutions différentes.</translation>
    </message>
    <message>
      <source>No two class maps to compare</source>
      <translation>Pas deux cartes de classes à comparer</translation>
    </message>
    <message>
      <source>{area} ha</source>
      <translation>{area} ha</translation>
    </message>
    <message>
      <source>Training: some seconds, as the scene is an embedding already.</source>
      <translation>Entraînement : quelques secondes, la scène étant déjà un embedding.</translation>
    </message>
    <message>
      <source>Training: {low} to {high}, {memory} of memory.</source>
      <translation>Entraînement : {low} à {high}, {memory} de mémoire.</translation>
    </message>
    <message>
      <source>Map: {disk} on disk, a moment's work.</source>
      <translation>Carte : {disk} sur disque, l'affaire d'un instant.</translation>
    </message>
    <message>
      <source>Map: {time}, {memory} of memory, {disk} on disk.</source>
      <translation>Carte : {time}, {memory} de mémoire, {disk} sur le disque.</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Reprendre</translation>
    </message>
    <message>
      <source>Forget</source>
      <translation>Oublier</translation>
    </message>
    <message>
      <source>Takes this note away; the files of the training stay.</source>
      <translation>Retire cette note ; les fichiers de l'entraînement restent.</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS before anything was saved ({time}).</source>
      <translation>L'entraînement {name} s'est arrêté avec QGIS avant tout enregistrement ({time}).</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS; saved at step {step} ({time}).</source>
      <translation>L'entraînement {name} s'est arrêté avec QGIS ; enregistré à l'itération {step} ({time}).</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS; saved at step {step} of {steps} ({time}).</source>
      <translation>L'entraînement {name} s'est arrêté avec QGIS ; enregistré à l'itération {step} sur {steps} ({time}).</translation>
    </message>
    <message>
      <source>Usable</source>
      <translation>Utilisable</translation>
    </message>
    <message>
      <source>Not usable</source>
      <translation>Inutilisable</translation>
    </message>
    <message>
      <source>✓ Chosen</source>
      <translation>✓ Choisi</translation>
    </message>
    <message>
      <source>Choose</source>
      <translation>Choisir</translation>
    </message>
    <message>
      <source>{name} is chosen</source>
      <translation>{name} est choisi</translation>
    </message>
    <message>
      <source>Choose {name}</source>
      <translation>Choisir {name}</translation>
    </message>
    <message>
      <source>The scene would take about {time} here.</source>
      <translation>La scène demanderait ici environ {time}.</translation>
    </message>
    <message>
      <source>Not measured yet.</source>
      <translation>Pas encore mesuré.</translation>
    </message>
    <message>
      <source>Measured on one tile of {side} × {side} pixels, and compared with the CPU in 32 bit:</source>
      <translation>Mesuré sur une tuile de {side} × {side} pixels, et comparé au CPU en 32 bits :</translation>
    </message>
    <message>
      <source>32 bit</source>
      <translation>32 bits</translation>
    </message>
    <message>
      <source>16 bit (float16)</source>
      <translation>16 bits (float16)</translation>
    </message>
    <message>
      <source>16 bit (bfloat16)</source>
      <translation>16 bits (bfloat16)</translation>
    </message>
    <message>
      <source>{precision}: {error}</source>
      <translation>{precision} : {error}</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, but the result is off by {n} (cosine distance): do not use it</source>
      <translation>{precision} : {seconds} s, mais le résultat s'écarte de {n} (distance cosinus) : à ne pas utiliser</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, {speed} pixels a second, off by {n}; recommended</source>
      <translation>{precision} : {seconds} s, {speed} pixels par seconde, écart de {n} ; recommandé</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, {speed} pixels a second, off by {n}</source>
      <translation>{precision} : {seconds} s, {speed} pixels par seconde, écart de {n}</translation>
    </message>
    <message>
      <source>Memory: {total}, {free} free</source>
      <translation>Mémoire : {total}, dont {free} libres</translation>
    </message>
    <message>
      <source>Memory: {total}</source>
      <translation>Mémoire : {total}</translation>
    </message>
    <message>
      <source>Driver: {version}</source>
      <translation>Pilote : {version}</translation>
    </message>
    <message>
      <source>Wheel of PyTorch: {wheel}</source>
      <translation>Wheel PyTorch : {wheel}</translation>
    </message>
    <message>
      <source>Automatic precision: {precision}</source>
      <translation>Précision automatique : {precision}</translation>
    </message>
    <message>
      <source>Choose automatically</source>
      <translation>Choix automatique</translation>
    </message>
    <message>
      <source>Always takes the fastest kind of device that can be used.</source>
      <translation>Prend toujours le type de périphérique utilisable le plus rapide.</translation>
    </message>
    <message>
      <source>Embeds one real tile on every usable device in each precision that it can compute in, measures the time, and compares the result with the CPU in 32 bit.</source>
      <translation>Encode une tuile réelle sur chaque périphérique utilisable, dans chaque précision où il peut calculer, mesure la durée et compare le résultat à celui du CPU en 32 bits.</translation>
    </message>
    <message>
      <source>Look again</source>
      <translation>Actualiser</translation>
    </message>
    <message>
      <source>Asks once more what there is. Measured speeds are forgotten.</source>
      <translation>Recherche de nouveau les périphériques présents. Les vitesses mesurées sont oubliées.</translation>
    </message>
    <message>
      <source>Copy report</source>
      <translation>Copier le rapport</translation>
    </message>
    <message>
      <source>As Markdown, without your name and home folder.</source>
      <translation>En Markdown, sans votre nom ni votre dossier personnel.</translation>
    </message>
    <message>
      <source>The backend takes this number of threads when it starts next.</source>
      <translation>Le backend prendra ce nombre de threads à son prochain démarrage.</translation>
    </message>
    <message>
      <source>Restart the backend now</source>
      <translation>Redémarrer le backend</translation>
    </message>
    <message>
      <source>Asking the backend what this machine has…</source>
      <translation>Le backend examine cet ordinateur…</translation>
    </message>
    <message>
      <source>Chosen: {name}.</source>
      <translation>Choisi : {name}.</translation>
    </message>
    <message>
      <source>"{name}" was chosen before, but cannot be used now.</source>
      <translation>"{name}" avait été choisi, mais n'est pas utilisable actuellement.</translation>
    </message>
    <message>
      <source>Limits</source>
      <translation>Limites</translation>
    </message>
    <message>
      <source>Checks</source>
      <translation>Vérifications</translation>
    </message>
    <message>
      <source>Memory ceiling</source>
      <translation>Limite de mémoire</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Précision</translation>
    </message>
    <message>
      <source>Testing…</source>
      <translation>Test en cours…</translation>
    </message>
    <message>
      <source>Test all</source>
      <translation>Tout tester</translation>
    </message>
    <message>
      <source>{device} does not compute in {precision}, and would refuse the work. Choose Automatic here.</source>
      <translation>{device} ne calcule pas en {precision} et refuserait le travail. Choisissez Automatique ici.</translation>
    </message>
    <message>
      <source>automatic (2 GB)</source>
      <translation>automatique (2 Go)</translation>
    </message>
    <message>
      <source>What tiles are chosen for: less memory means smaller tiles, which take longer.</source>
      <translation>Détermine la taille des tuiles : moins de mémoire donne des tuiles plus petites, donc un calcul plus long.</translation>
    </message>
    <message>
      <source>How finely the encoder computes. 16 bit is faster where the device is built for it, and rounds more: the self-test shows by how much. Automatic takes what suits each device. Training keeps its own rule.</source>
      <translation>Finesse du calcul de l'encodeur. 16 bits va plus vite si le périphérique est conçu pour cela, et arrondit davantage : l'autotest montre de combien. Automatique prend ce qui convient à chaque périphérique. L'entraînement garde sa propre règle.</translation>
    </message>
    <message>
      <source>Polygon</source>
      <translation>Polygone</translation>
    </message>
    <message>
      <source>Click the corners, end with a right click.</source>
      <translation>Cliquez sur les sommets, terminez par un clic droit.</translation>
    </message>
    <message>
      <source>Rectangle</source>
      <translation>Rectangle</translation>
    </message>
    <message>
      <source>Drag from corner to corner, or click both.</source>
      <translation>Glissez d'un coin à l'autre, ou cliquez sur les deux.</translation>
    </message>
    <message>
      <source>Freehand</source>
      <translation>Main levée</translation>
    </message>
    <message>
      <source>Draw the outline with the mouse button held down.</source>
      <translation>Tracez le contour en maintenant le bouton de la souris.</translation>
    </message>
    <message>
      <source>Point</source>
      <translation>Point</translation>
    </message>
    <message>
      <source>Click single pixels of the scene, or paint with a brush of some.</source>
      <translation>Cliquez sur des pixels de la scène, ou peignez-en plusieurs au pinceau.</translation>
    </message>
    <message>
      <source>Smart select</source>
      <translation>Sélection intelligente</translation>
    </message>
    <message>
      <source>One click finds the area around that looks alike.</source>
      <translation>Un clic trouve la zone alentour qui se ressemble.</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Annuler</translation>
    </message>
    <message>
      <source>Takes back the last edit of the labels (Ctrl+Z on the map).</source>
      <translation>Annule la dernière modification des étiquettes (Ctrl+Z sur la carte).</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Refaire</translation>
    </message>
    <message>
      <source>Does it again (Ctrl+Shift+Z on the map).</source>
      <translation>La rétablit (Ctrl+Maj+Z sur la carte).</translation>
    </message>
    <message>
      <source>Save edits</source>
      <translation>Enregistrer les modifications</translation>
    </message>
    <message>
      <source>Writes the edits to the file; you can go on drawing.</source>
      <translation>Écrit les modifications dans le fichier ; vous pouvez continuer à dessiner.</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>Taille du pinceau</translation>
    </message>
    <message>
      <source>Side of the square that a click makes, in pixels of the scene.</source>
      <translation>Côté du carré que fait un clic, en pixels de la scène.</translation>
    </message>
    <message>
      <source>How far the area grows</source>
      <translation>Jusqu'où s'étend la zone</translation>
    </message>
    <message>
      <source>How far the area grows; also Ctrl and the mouse wheel over the map.</source>
      <translation>Jusqu'où s'étend la zone ; aussi par Ctrl et la molette sur la carte.</translation>
    </message>
    <message>
      <source>Accept</source>
      <translation>Accepter</translation>
    </message>
    <message>
      <source>Makes it a polygon of the chosen class (Enter, or a double click).</source>
      <translation>En fait un polygone de la classe choisie (Entrée, ou double clic).</translation>
    </message>
    <message>
      <source>Size</source>
      <translation>Taille</translation>
    </message>
    <message>
      <source>How far</source>
      <translation>Portée</translation>
    </message>
    <message>
      <source>More options</source>
      <translation>Plus d'options</translation>
    </message>
    <message>
      <source>As in the weights</source>
      <translation>Comme les poids</translation>
    </message>
    <message>
      <source>From this scene</source>
      <translation>De cette scène</translation>
    </message>
    <message>
      <source>From each tile</source>
      <translation>De chaque tuile</translation>
    </message>
    <message>
      <source>Statistics stored with the weights: the same place gives the same embedding in every scene.</source>
      <translation>Statistiques stockées avec les poids : un même lieu donne le même embedding dans toutes les scènes.</translation>
    </message>
    <message>
      <source>Statistics of a sample of this scene: for scenes unlike Sentinel-2, but scenes do not compare.</source>
      <translation>Statistiques d'un échantillon de cette scène : pour les scènes peu semblables à Sentinel-2, mais les scènes ne se comparent plus.</translation>
    </message>
    <message>
      <source>Statistics of each tile by itself, as the encoder was trained: seams show, values vary.</source>
      <translation>Statistiques de chaque tuile seule, comme l'encodeur a été entraîné : les raccords se voient, les valeurs varient.</translation>
    </message>
    <message>
      <source>Which principal components are kept. Those of the weights are the same for every scene; those of this scene keep more of what differs in it, but cannot be compared with other scenes.</source>
      <translation>Les composantes principales conservées. Celles des poids sont les mêmes pour toutes les scènes ; celles de cette scène gardent mieux ce qui y diffère, mais ne se comparent pas à d'autres scènes.</translation>
    </message>
    <message>
      <source>{n} × {n} pixels</source>
      <translation>{n} × {n} pixels</translation>
    </message>
    <message>
      <source>How much is computed at once. It does not change the result.</source>
      <translation>La quantité calculée à la fois. Elle ne change pas le résultat.</translation>
    </message>
    <message>
      <source>Clear cache</source>
      <translation>Vider le cache</translation>
    </message>
    <message>
      <source>Removes kept results; files that you saved stay.</source>
      <translation>Supprime les résultats conservés ; les fichiers que vous avez enregistrés restent.</translation>
    </message>
    <message>
      <source>Normalisation</source>
      <translation>Normalisation</translation>
    </message>
    <message>
      <source>Components</source>
      <translation>Composantes</translation>
    </message>
    <message>
      <source>Tiles</source>
      <translation>Tuiles</translation>
    </message>
    <message>
      <source>Clearing the cache…</source>
      <translation>Vidage du cache…</translation>
    </message>
    <message>
      <source>Cache: …</source>
      <translation>Cache : …</translation>
    </message>
    <message>
      <source>0 MB</source>
      <translation>0 Mo</translation>
    </message>
    <message>
      <source>Cache: {used}, switched off</source>
      <translation>Cache : {used}, désactivé</translation>
    </message>
    <message>
      <source>Cache: {used} of {limit}</source>
      <translation>Cache : {used} sur {limit}</translation>
    </message>
    <message>
      <source>every pixel</source>
      <translation>chaque pixel</translation>
    </message>
    <message>
      <source>one value for {n} × {n} pixels</source>
      <translation>une valeur pour {n} × {n} pixels</translation>
    </message>
    <message>
      <source>{n} components</source>
      <translation>{n} composantes</translation>
    </message>
    <message>
      <source>all channels</source>
      <translation>tous les canaux</translation>
    </message>
    <message>
      <source>8 bit, small files</source>
      <translation>8 bits, petits fichiers</translation>
    </message>
    <message>
      <source>16 bit float</source>
      <translation>flottants 16 bits</translation>
    </message>
    <message>
      <source>32 bit float, exact</source>
      <translation>flottants 32 bits, exacts</translation>
    </message>
    <message>
      <source>GeoTIFF (*.tif)</source>
      <translation>GeoTIFF (*.tif)</translation>
    </message>
    <message>
      <source>Save the embedding as</source>
      <translation>Enregistrer l'embedding sous</translation>
    </message>
    <message>
      <source>Embed layer</source>
      <translation>Encoder la couche</translation>
    </message>
    <message>
      <source>Detail</source>
      <translation>Détail</translation>
    </message>
    <message>
      <source>Bands</source>
      <translation>Bandes</translation>
    </message>
    <message>
      <source>Values</source>
      <translation>Valeurs</translation>
    </message>
    <message>
      <source>"{out}" is not a full path. Choose where to save the embedding.</source>
      <translation>"{out}" n'est pas un chemin complet. Choisissez où enregistrer l'embedding.</translation>
    </message>
    <message>
      <source>The embedding would overwrite the scene itself. Choose another file name.</source>
      <translation>L'embedding écraserait la scène elle-même. Choisissez un autre nom de fichier.</translation>
    </message>
    <message>
      <source>This is an embedding already ({found}): train and predict with it as it is.</source>
      <translation>C'est déjà un embedding ({found}) : entraînez et prédisez directement avec lui.</translation>
    </message>
    <message>
      <source>Takes {time}, {memory} of memory, {disk} on disk</source>
      <translation>Demande {time}, {memory} de mémoire, {disk} sur disque</translation>
    </message>
    <message>
      <source>Later</source>
      <translation>Plus tard</translation>
    </message>
    <message>
      <source>Options…</source>
      <translation>Options…</translation>
    </message>
    <message>
      <source>Folder, Python, graphics card, offline bundle, another machine</source>
      <translation>Dossier, Python, carte graphique, archive hors ligne, autre machine</translation>
    </message>
    <message>
      <source>&lt;b&gt;The backend is older than the plugin.&lt;/b&gt; It goes on working until it is updated.</source>
      <translation>&lt;b&gt;Le backend est plus ancien que l'extension.&lt;/b&gt; Il continue de fonctionner jusqu'à sa mise à jour.</translation>
    </message>
    <message>
      <source>&lt;b&gt;One more step.&lt;/b&gt; MMEarth computes in an environment of its own, beside QGIS, and there is none yet.</source>
      <translation>&lt;b&gt;Encore une étape.&lt;/b&gt; MMEarth calcule dans son propre environnement, à côté de QGIS, et il n'y en a pas encore.</translation>
    </message>
    <message>
      <source>choose an embedding</source>
      <translation>choisir un embedding</translation>
    </message>
    <message>
      <source>There is no embedding yet. Embed the scene first: this page looks into what comes.</source>
      <translation>Il n'y a pas encore d'embedding. Encodez d'abord la scène : cette page explore ce qui en sort.</translation>
    </message>
    <message>
      <source>Go to step Embed</source>
      <translation>Aller à l'étape Encoder</translation>
    </message>
    <message>
      <source>Show as colours</source>
      <translation>Afficher en couleurs</translation>
    </message>
    <message>
      <source>The three strongest components as red, green and blue, stretched to what is in view. Again: as before.</source>
      <translation>Les trois plus fortes composantes en rouge, vert et bleu, étirées sur ce qui est dans la vue. De nouveau : comme avant.</translation>
    </message>
    <message>
      <source>No embedding is chosen. Embed the scene first, in step "Embed".</source>
      <translation>Aucun embedding n'est choisi. Encodez d'abord la scène, à l'étape "Encoder".</translation>
    </message>
    <message>
      <source>What to export</source>
      <translation>Contenu à exporter</translation>
    </message>
    <message>
      <source>as the map</source>
      <translation>comme la carte</translation>
    </message>
    <message>
      <source>Classes keep the nearest pixel; numbers are averaged or interpolated.</source>
      <translation>Les classes gardent le pixel le plus proche ; les valeurs sont moyennées ou interpolées.</translation>
    </message>
    <message>
      <source>What</source>
      <translation>Contenu</translation>
    </message>
    <message>
      <source>CRS</source>
      <translation>SCR</translation>
    </message>
    <message>
      <source>Pixel size</source>
      <translation>Taille du pixel</translation>
    </message>
    <message>
      <source>No file is chosen for the export. Choose one under "To".</source>
      <translation>Aucun fichier n'est choisi pour l'export. Choisissez-en un sous "Vers".</translation>
    </message>
    <message>
      <source>"{path}" is no full path. Choose the file with the button "…".</source>
      <translation>"{path}" n'est pas un chemin complet. Choisissez le fichier avec le bouton "…".</translation>
    </message>
    <message>
      <source>Figures of the report</source>
      <translation>Figures du rapport</translation>
    </message>
    <message>
      <source>Request file</source>
      <translation>Fichier de requête</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modèle</translation>
    </message>
    <message>
      <source>Probabilities</source>
      <translation>Probabilités</translation>
    </message>
    <message>
      <source>90 % interval</source>
      <translation>Intervalle à 90 %</translation>
    </message>
    <message>
      <source>Single polygons</source>
      <translation>Polygones isolés</translation>
    </message>
    <message>
      <source>Blocks of neighbours</source>
      <translation>Blocs de voisins</translation>
    </message>
    <message>
      <source>What is held out together for the score. Blocks are more honest where polygons lie close together.</source>
      <translation>Ce qui est mis de côté ensemble pour le score. Les blocs sont plus honnêtes là où les polygones sont proches les uns des autres.</translation>
    </message>
    <message>
      <source>Train and predict</source>
      <translation>Entraîner et prédire</translation>
    </message>
    <message>
      <source>Classifier</source>
      <translation>Classifieur</translation>
    </message>
    <message>
      <source>Hold out</source>
      <translation>Validation</translation>
    </message>
    <message>
      <source>Few polygons: quick classifier</source>
      <translation>Peu de polygones : classifieur rapide</translation>
    </message>
    <message>
      <source>Save the model as</source>
      <translation>Enregistrer le modèle sous</translation>
    </message>
    <message>
      <source>Fine-tune</source>
      <translation>Affiner</translation>
    </message>
    <message>
      <source>"{path}" is not a full path. Choose where to save the model.</source>
      <translation>"{path}" n'est pas un chemin complet. Choisissez où enregistrer le modèle.</translation>
    </message>
    <message>
      <source>A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. Resume it, or choose another file name.</source>
      <translation>Une exécution pour "{name}" s'est arrêtée après l'itération {step} ; une nouvelle écraserait ce qu'elle a enregistré. Reprenez-la, ou choisissez un autre nom de fichier.</translation>
    </message>
    <message>
      <source>Resume after step {n}</source>
      <translation>Reprendre après l'itération {n}</translation>
    </message>
    <message>
      <source>Resume last run, step {n}</source>
      <translation>Reprendre la dernière, itér. {n}</translation>
    </message>
    <message>
      <source>As MMEarth's authors</source>
      <translation>Comme les auteurs de MMEarth</translation>
    </message>
    <message>
      <source>What is held out together for the score. Blocks are more honest where labels lie close together.</source>
      <translation>Ce qui est mis de côté ensemble pour le score. Les blocs sont plus honnêtes là où les étiquettes sont proches les unes des autres.</translation>
    </message>
    <message>
      <source>This share of the labels teaches nothing; it says when to stop, and scores.</source>
      <translation>Cette part des étiquettes n'apprend rien au modèle ; elle dit quand s'arrêter, et donne le score.</translation>
    </message>
    <message>
      <source>For comparison: what the network learns without any pretraining.</source>
      <translation>Pour comparaison : ce que le réseau apprend sans aucun préentraînement.</translation>
    </message>
    <message>
      <source>Share</source>
      <translation>Part</translation>
    </message>
    <message>
      <source>Train</source>
      <translation>Entraîner</translation>
    </message>
    <message>
      <source>Starts with the quick classifier and trains more while held-out labels gain from it.</source>
      <translation>Commence par le classifieur rapide et entraîne davantage tant que les étiquettes de validation y gagnent.</translation>
    </message>
    <message>
      <source>One linear layer on the encoder as it is. Quick; hard to overfit.</source>
      <translation>Une couche linéaire sur l'encodeur tel quel. Rapide ; peu de risque de surapprentissage.</translation>
    </message>
    <message>
      <source>A decoder for sharp outlines on the encoder as it is. From some fifty polygons.</source>
      <translation>Un décodeur pour des contours nets sur l'encodeur tel quel. À partir d'une cinquantaine de polygones.</translation>
    </message>
    <message>
      <source>The decoder and the encoder's last stages. From some hundred polygons.</source>
      <translation>Le décodeur et les derniers étages de l'encodeur. À partir d'une centaine de polygones.</translation>
    </message>
    <message>
      <source>The whole network. Slowest; for many labels, or ground unlike the encoder's.</source>
      <translation>Le réseau entier. Le plus lent ; pour beaucoup d'étiquettes, ou un terrain différent de celui de l'encodeur.</translation>
    </message>
    <message>
      <source>Roughly {low} to {high} on a processor, much less on a graphics card; {size} on disk meanwhile. It ends by itself once held-out labels gain no more.</source>
      <translation>Environ {low} à {high} sur un processeur, bien moins sur une carte graphique ; {size} sur disque pendant ce temps. L'entraînement s'arrête de lui-même quand les étiquettes de validation n'y gagnent plus.</translation>
    </message>
    <message>
      <source>New label layer</source>
      <translation>Nouvelle couche d'étiquettes</translation>
    </message>
    <message>
      <source>choose a layer of polygons or points</source>
      <translation>choisir une couche de polygones ou de points</translation>
    </message>
    <message>
      <source>Label layer</source>
      <translation>Couche d'étiquettes</translation>
    </message>
    <message>
      <source>Class field</source>
      <translation>Champ de classe</translation>
    </message>
    <message>
      <source>Estimates a number (regression)</source>
      <translation>Estime un nombre (régression)</translation>
    </message>
    <message>
      <source>Whether the numbers in the field stand for classes, or are to be estimated.</source>
      <translation>Indique si les nombres du champ désignent des classes ou sont à estimer.</translation>
    </message>
    <message>
      <source>Layer</source>
      <translation>Couche</translation>
    </message>
    <message>
      <source>Field</source>
      <translation>Champ</translation>
    </message>
    <message>
      <source>Where "{name}" lies is not known yet. Wait until step "Scene" describes it.</source>
      <translation>L'emplacement de "{name}" n'est pas encore connu. Attendez que l'étape "Scène" la décrive.</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one, or use "New label layer" and draw polygons.</source>
      <translation>Aucune couche d'étiquettes n'est choisie. Choisissez-en une, ou utilisez "Nouvelle couche d'étiquettes" et dessinez des polygones.</translation>
    </message>
    <message>
      <source>No class field of layer "{name}" is chosen. Choose the field that says which class it is.</source>
      <translation>Aucun champ de classe de la couche "{name}" n'est choisi. Choisissez le champ qui dit la classe.</translation>
    </message>
    <message>
      <source>Field "{field}" of layer "{name}" has fewer than two different numbers. Draw more polygons.</source>
      <translation>Le champ "{field}" de la couche "{name}" a moins de deux nombres différents. Dessinez d'autres polygones.</translation>
    </message>
    <message>
      <source>Layer "{name}" has polygons of {n} class(es) in field "{field}"; at least two are wanted. Choose another class in the list and draw polygons of it.</source>
      <translation>La couche "{name}" a des polygones de {n} classe(s) dans le champ "{field}" ; il en faut au moins deux. Choisissez une autre classe dans la liste et dessinez-en des polygones.</translation>
    </message>
    <message>
      <source>A point of layer "{name}" labels one pixel, and the pixels of the scene are not known yet. {do}</source>
      <translation>Un point de la couche "{name}" étiquette un pixel, et les pixels de la scène ne sont pas encore connus. {do}</translation>
    </message>
    <message>
      <source>Choose a scene in step "Scene".</source>
      <translation>Choisissez une scène à l'étape "Scène".</translation>
    </message>
    <message>
      <source>A few polygons of each class are enough; five or more give a score.</source>
      <translation>Quelques polygones par classe suffisent ; à partir de cinq, il y a un score.</translation>
    </message>
    <message>
      <source>, {low:g} to {high:g}</source>
      <translation>, de {low:g} à {high:g}</translation>
    </message>
    <message>
      <source>{n} polygons with a number</source>
      <translation>{n} polygones avec un nombre</translation>
    </message>
    <message>
      <source>{n} polygons in {k} classes</source>
      <translation>{n} polygones dans {k} classes</translation>
    </message>
    <message>
      <source>; ignored: {n}</source>
      <translation>, ignorés : {n}</translation>
    </message>
    <message>
      <source>; unsaved edits: {n}, they count</source>
      <translation>, modifications non enregistrées : {n} (prises en compte)</translation>
    </message>
    <message>
      <source>The model sees also</source>
      <translation>Le modèle voit aussi</translation>
    </message>
    <message>
      <source>Layers on the same ground that tell classes apart: elevation, an index, radar. A model takes them in the order in which they are ticked.</source>
      <translation>Des couches du même terrain qui distinguent les classes : altitude, indice, radar. Un modèle les prend dans l'ordre où elles sont cochées.</translation>
    </message>
    <message>
      <source>The largest probability, in percent</source>
      <translation>La plus grande probabilité, en pour cent</translation>
    </message>
    <message>
      <source>One band for each class, in percent</source>
      <translation>Une bande par classe, en pour cent</translation>
    </message>
    <message>
      <source>The largest minus the second largest probability, in percent</source>
      <translation>La plus grande probabilité moins la deuxième, en pour cent</translation>
    </message>
    <message>
      <source>How evenly the probability is spread over the classes, in percent</source>
      <translation>À quel point la probabilité est répartie également entre les classes, en pour cent</translation>
    </message>
    <message>
      <source>The low and high end that nine of ten true values lie between</source>
      <translation>Les bornes inférieure et supérieure entre lesquelles tombent neuf valeurs vraies sur dix</translation>
    </message>
    <message>
      <source>1: as labelled polygons of one class differ from each other; above 2 nothing like it was labelled</source>
      <translation>1 : l'écart entre polygones étiquetés d'une même classe ; au-delà de 2, rien de semblable n'a été étiqueté</translation>
    </message>
    <message>
      <source>Polygons of the classes</source>
      <translation>Polygones des classes</translation>
    </message>
    <message>
      <source> pixels</source>
      <translation> pixels</translation>
    </message>
    <message>
      <source>Smaller areas of one class are given to their largest neighbour; 0 keeps all.</source>
      <translation>Les zones plus petites d'une classe rejoignent leur plus grande voisine ; 0 garde tout.</translation>
    </message>
    <message>
      <source> m²</source>
      <translation> m²</translation>
    </message>
    <message>
      <source>Smaller polygons are left out; 0 keeps all.</source>
      <translation>Les polygones plus petits sont écartés ; 0 garde tout.</translation>
    </message>
    <message>
      <source>How far outlines may move; 0 keeps the edges of the pixels.</source>
      <translation>De combien les contours peuvent s'écarter ; 0 garde les bords des pixels.</translation>
    </message>
    <message>
      <source>Gives each field, parcel or building its class, probability and second choice, or its value.</source>
      <translation>Donne à chaque parcelle, champ ou bâtiment sa classe, sa probabilité et son deuxième choix, ou sa valeur.</translation>
    </message>
    <message>
      <source>Sieve</source>
      <translation>Tamiser</translation>
    </message>
    <message>
      <source>Smallest</source>
      <translation>Minimum</translation>
    </message>
    <message>
      <source>Simplify</source>
      <translation>Simplifier</translation>
    </message>
    <message>
      <source>Write also</source>
      <translation>Écrire aussi</translation>
    </message>
    <message>
      <source>Polygons to classify</source>
      <translation>Polygones à classer</translation>
    </message>
    <message>
      <source>Values of my polygons</source>
      <translation>Valeurs de mes polygones</translation>
    </message>
    <message>
      <source>Classify my polygons</source>
      <translation>Classer mes polygones</translation>
    </message>
    <message>
      <source>"{name}" wants a polygon layer. Add one to the project, or untick it.</source>
      <translation>"{name}" demande une couche de polygones. Ajoutez-en une au projet, ou décochez l'option.</translation>
    </message>
    <message>
      <source>Drone, aerial or satellite image: any bands, no coarser than the reference.</source>
      <translation>Image de drone, aérienne ou satellite : bandes quelconques, pas plus grossière que la référence.</translation>
    </message>
    <message>
      <source>An image of the same ground that the weights understand, as Sentinel-2.</source>
      <translation>Une image du même terrain que les poids comprennent, comme Sentinel-2.</translation>
    </message>
    <message>
      <source>Averaged image</source>
      <translation>Image moyennée</translation>
    </message>
    <message>
      <source> m pixels</source>
      <translation> m par pixel</translation>
    </message>
    <message>
      <source>The image is averaged to larger pixels and taken as its own reference. It must have bands that the weights know. What differs between two sensors is not learned then.</source>
      <translation>L'image est moyennée à des pixels plus grands et sert de référence à elle-même. Elle doit avoir des bandes que les poids connaissent. Ce qui distingue deux capteurs n'est alors pas appris.</translation>
    </message>
    <message>
      <source>Add another pair</source>
      <translation>Ajouter une paire</translation>
    </message>
    <message>
      <source>Remove pair</source>
      <translation>Retirer la paire</translation>
    </message>
    <message>
      <source>Keeps the pair chosen above, so that the next one can be chosen there.</source>
      <translation>Garde la paire choisie ci-dessus, pour pouvoir y choisir la suivante.</translation>
    </message>
    <message>
      <source>No image of the new sensor is chosen. Add it to the project and choose it.</source>
      <translation>Aucune image du nouveau capteur n'est choisie. Ajoutez-la au projet et choisissez-la.</translation>
    </message>
    <message>
      <source>No reference is chosen for "{name}". Choose a layer of the same ground that the weights understand, or have the reference made from the image itself.</source>
      <translation>Aucune référence n'est choisie pour "{name}". Choisissez une couche du même terrain que les poids comprennent, ou faites créer la référence à partir de l'image elle-même.</translation>
    </message>
    <message>
      <source>New sensor</source>
      <translation>Nouveau capteur</translation>
    </message>
    <message>
      <source>Reference</source>
      <translation>Référence</translation>
    </message>
    <message>
      <source>Choose a model</source>
      <translation>Choisir un modèle</translation>
    </message>
    <message>
      <source>Model file (model.zip)</source>
      <translation>Fichier de modèle (model.zip)</translation>
    </message>
    <message>
      <source>About the model</source>
      <translation>À propos du modèle</translation>
    </message>
    <message>
      <source>Predict</source>
      <translation>Prédire</translation>
    </message>
    <message>
      <source>"{path}" is no model file. Choose a model.zip that a training wrote.</source>
      <translation>"{path}" n'est pas un fichier de modèle. Choisissez un model.zip issu d'un entraînement.</translation>
    </message>
    <message>
      <source>✓ The model serves this scene.</source>
      <translation>✓ Le modèle convient à cette scène.</translation>
    </message>
    <message>
      <source>The model does not serve this scene.</source>
      <translation>Le modèle ne convient pas à cette scène.</translation>
    </message>
    <message>
      <source>The whole scene of step "Scene"</source>
      <translation>Toute la scène de l'étape "Scène"</translation>
    </message>
    <message>
      <source>Raster files</source>
      <translation>Fichiers raster</translation>
    </message>
    <message>
      <source>MMEarth folder</source>
      <translation>Dossier MMEarth</translation>
    </message>
    <message>
      <source>Rasters with the same bands</source>
      <translation>Rasters avec les mêmes bandes</translation>
    </message>
    <message>
      <source>Folder with data_….h5</source>
      <translation>Dossier avec data_….h5</translation>
    </message>
    <message>
      <source>Random weights</source>
      <translation>Poids aléatoires</translation>
    </message>
    <message>
      <source>Adapt to another sensor…</source>
      <translation>Adapter à un autre capteur…</translation>
    </message>
    <message>
      <source>Weights for drone, aerial or other satellite images, from pairs of images.</source>
      <translation>Des poids pour images de drone, aériennes ou d'autres satellites, à partir de paires d'images.</translation>
    </message>
    <message>
      <source>a folder in the MMEarth layout</source>
      <translation>un dossier structuré comme MMEarth</translation>
    </message>
    <message>
      <source>at least one raster file</source>
      <translation>au moins un fichier raster</translation>
    </message>
    <message>
      <source>The data to learn from were not found: "{found}". Choose {wanted}.</source>
      <translation>Les données dont apprendre n'ont pas été trouvées : "{found}". Choisissez {wanted}.</translation>
    </message>
    <message>
      <source>By the amount of data</source>
      <translation>Selon la quantité de données</translation>
    </message>
    <message>
      <source>As in the paper</source>
      <translation>Comme dans l'article</translation>
    </message>
    <message>
      <source>For few data</source>
      <translation>Pour peu de données</translation>
    </message>
    <message>
      <source>8 pixels</source>
      <translation>8 pixels</translation>
    </message>
    <message>
      <source>16 pixels</source>
      <translation>16 pixels</translation>
    </message>
    <message>
      <source>Learned</source>
      <translation>Appris</translation>
    </message>
    <message>
      <source>All the same</source>
      <translation>Tous égaux</translation>
    </message>
    <message>
      <source>Cope with missing bands</source>
      <translation>Accepter moins de bandes</translation>
    </message>
    <message>
      <source>Bands of some samples are hidden, so that the weights serve fewer bands.</source>
      <translation>Des bandes de certains échantillons sont masquées, pour que les poids servent avec moins de bandes.</translation>
    </message>
    <message>
      <source>Patches</source>
      <translation>Patchs</translation>
    </message>
    <message>
      <source>Task weights</source>
      <translation>Poids des tâches</translation>
    </message>
    <message>
      <source>Data</source>
      <translation>Données</translation>
    </message>
    <message>
      <source>Start from</source>
      <translation>Partir de</translation>
    </message>
    <message>
      <source>Further layers on the same ground:</source>
      <translation>Couches supplémentaires du même terrain :</translation>
    </message>
    <message>
      <source>There is no weights file "{path}" to start from. Choose one, or start from random weights.</source>
      <translation>Il n'y a pas de fichier de poids "{path}" dont partir. Choisissez-en un, ou partez de poids aléatoires.</translation>
    </message>
    <message>
      <source>Live preview</source>
      <translation>Aperçu direct</translation>
    </message>
    <message>
      <source>Opacity of the map</source>
      <translation>Opacité de la carte</translation>
    </message>
    <message>
      <source>Swipe</source>
      <translation>Rideau</translation>
    </message>
    <message>
      <source>Shows the image without the map on one side of a line.</source>
      <translation>Montre l'image sans la carte d'un côté d'une ligne.</translation>
    </message>
    <message>
      <source>Line from left to right</source>
      <translation>Ligne de gauche à droite</translation>
    </message>
    <message>
      <source>Disagreement</source>
      <translation>Désaccord</translation>
    </message>
    <message>
      <source>Outlines the polygons in view that the map takes for another class.</source>
      <translation>Entoure les polygones de la vue que la carte prend pour une autre classe.</translation>
    </message>
    <message>
      <source>Next suggestion</source>
      <translation>Suggestion suivante</translation>
    </message>
    <message>
      <source>Goes to the next place whose label would teach most (key {key} on the map).</source>
      <translation>Va au prochain lieu dont l'étiquette apprendrait le plus (touche {key} sur la carte).</translation>
    </message>
    <message>
      <source>Polygons that the map takes for another class</source>
      <translation>Polygones que la carte prend pour une autre classe</translation>
    </message>
    <message>
      <source>Shows the map of what is in view while you draw: a few seconds after each polygon.</source>
      <translation>Montre la carte de ce qui est dans la vue pendant que vous dessinez : quelques secondes après chaque polygone.</translation>
    </message>
    <message>
      <source>A preview shows classes only. The labels are numbers to estimate.</source>
      <translation>Un aperçu ne montre que des classes. Ici, les étiquettes sont des nombres à estimer.</translation>
    </message>
    <message>
      <source>No map yet.</source>
      <translation>Pas encore de carte.</translation>
    </message>
    <message>
      <source>Opacity of the map: {n} %</source>
      <translation>Opacité de la carte : {n} %</translation>
    </message>
    <message>
      <source>{n} of {all} polygons in view disagree with the map</source>
      <translation>Désaccord avec la carte : {n} des {all} polygones de la vue</translation>
    </message>
    <message>
      <source>; only {most} are looked at, zoom in for the others</source>
      <translation>, seuls {most} sont examinés : zoomez pour voir les autres</translation>
    </message>
    <message>
      <source>{label} ≠ {found} ({share} %)</source>
      <translation>{label} ≠ {found} ({share} %)</translation>
    </message>
    <message>
      <source>Labelled "{label}"; the map says "{found}" in {share} % of it.</source>
      <translation>Étiqueté "{label}" ; la carte dit "{found}" sur {share} % de sa surface.</translation>
    </message>
    <message>
      <source>Double-click a line to see the place on the map.</source>
      <translation>Double-cliquez sur une ligne pour voir le lieu sur la carte.</translation>
    </message>
    <message>
      <source>Zoom to</source>
      <translation>Zoomer</translation>
    </message>
    <message>
      <source>One thing to look at</source>
      <translation>Un point à vérifier</translation>
    </message>
    <message>
      <source>{n} things to look at</source>
      <translation>{n} points à vérifier</translation>
    </message>
    <message>
      <source>Compute on another machine</source>
      <translation>Calculer sur une autre machine</translation>
    </message>
    <message>
      <source>Command that starts the backend</source>
      <translation>Commande qui démarre le backend</translation>
    </message>
    <message>
      <source>Folder here</source>
      <translation>Dossier ici</translation>
    </message>
    <message>
      <source>The same folder there</source>
      <translation>Même dossier sur l'autre machine</translation>
    </message>
    <message>
      <source>Folders that both machines see</source>
      <translation>Dossiers visibles des deux machines</translation>
    </message>
    <message>
      <source>Add a folder…</source>
      <translation>Ajouter un dossier…</translation>
    </message>
    <message>
      <source>Remove the folder</source>
      <translation>Retirer le dossier</translation>
    </message>
    <message>
      <source>Check connection</source>
      <translation>Tester la connexion</translation>
    </message>
    <message>
      <source>Connecting…</source>
      <translation>Connexion…</translation>
    </message>
    <message>
      <source>A server with a graphics card can do the computing. It needs the backend of this plugin and the files: rasters and results stay where they are, in folders that both machines see. Without a command, this machine computes.</source>
      <translation>Un serveur doté d'une carte graphique peut effectuer les calculs. Il lui faut le backend de cette extension et les fichiers : rasters et résultats restent où ils sont, dans des dossiers visibles des deux machines. Sans commande, c'est cette machine qui calcule.</translation>
    </message>
    <message>
      <source>Command that starts the backend there, without a question:</source>
      <translation>Commande qui y démarre le backend, sans poser de question :</translation>
    </message>
    <message>
      <source>Folders that both machines see:</source>
      <translation>Dossiers visibles des deux machines :</translation>
    </message>
    <message>
      <source>Choose a folder that both machines see</source>
      <translation>Choisir un dossier visible des deux machines</translation>
    </message>
    <message>
      <source>It works: ready after {seconds} s, {folders} folders checked.</source>
      <translation>Tout fonctionne : prêt au bout de {seconds} s, dossiers vérifiés : {folders}.</translation>
    </message>
    <message>
      <source>It answers after {seconds} s, but no folder is mapped: add one that has your rasters.</source>
      <translation>L'autre machine répond au bout de {seconds} s, mais aucun dossier n'est associé : ajoutez-en un qui contient vos rasters.</translation>
    </message>
    <message>
      <source>&lt;b&gt;No runs yet.&lt;/b&gt;&lt;br&gt;Every embedding, training and map of this project will be listed here with its score, to be shown again, compared, exported or repeated. The list is saved with the project.</source>
      <translation>&lt;b&gt;Pas encore d'exécutions.&lt;/b&gt;&lt;br&gt;Chaque embedding, entraînement et carte de ce projet sera listé ici avec son score, pour être affiché de nouveau, comparé, exporté ou relancé. La liste est enregistrée avec le projet.</translation>
    </message>
    <message>
      <source>More that can be done with this run</source>
      <translation>Autres actions possibles avec cette exécution</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Plus</translation>
    </message>
    <message>
      <source>Runs of this project</source>
      <translation>Exécutions de ce projet</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Exécution</translation>
    </message>
    <message>
      <source>Score</source>
      <translation>Score</translation>
    </message>
    <message>
      <source>When</source>
      <translation>Quand</translation>
    </message>
    <message>
      <source>"{name}" was removed from the list; its files stay.</source>
      <translation>"{name}" a été retiré de la liste ; ses fichiers restent.</translation>
    </message>
    <message>
      <source>files missing</source>
      <translation>fichiers manquants</translation>
    </message>
    <message>
      <source>; raw bands {raw}</source>
      <translation>, bandes brutes {raw}</translation>
    </message>
    <message>
      <source>Files missing: {names}. Repeat the run, or remove it from the list.</source>
      <translation>Fichiers manquants : {names}. Relancez l'exécution, ou retirez-la de la liste.</translation>
    </message>
    <message>
      <source>Show on map</source>
      <translation>Afficher sur la carte</translation>
    </message>
    <message>
      <source>Shows the layers of this run, and hides those of other runs of the scene.</source>
      <translation>Affiche les couches de cette exécution, et masque celles des autres exécutions de la scène.</translation>
    </message>
    <message>
      <source>Opens the report of the training in the browser.</source>
      <translation>Ouvre le rapport de l'entraînement dans le navigateur.</translation>
    </message>
    <message>
      <source>Compare with…</source>
      <translation>Comparer avec…</translation>
    </message>
    <message>
      <source>Compares scores and maps with another run.</source>
      <translation>Compare les scores et les cartes avec une autre exécution.</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exporter…</translation>
    </message>
    <message>
      <source>Writes map, polygons, model, figures or request to another place.</source>
      <translation>Écrit la carte, les polygones, le modèle, les figures ou la requête à un autre emplacement.</translation>
    </message>
    <message>
      <source>Copy request</source>
      <translation>Copier la requête</translation>
    </message>
    <message>
      <source>Copies what was asked as text; `mmearth run` repeats it.</source>
      <translation>Copie la demande sous forme de texte ; `mmearth run` la relance.</translation>
    </message>
    <message>
      <source>Save request as…</source>
      <translation>Enregistrer la requête sous…</translation>
    </message>
    <message>
      <source>Saves what was asked as a file; `mmearth run` repeats it.</source>
      <translation>Enregistre la demande dans un fichier ; `mmearth run` la relance.</translation>
    </message>
    <message>
      <source>Repeat</source>
      <translation>Relancer</translation>
    </message>
    <message>
      <source>Runs the same once more, into new files.</source>
      <translation>Refait la même exécution, dans de nouveaux fichiers.</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>Ouvrir le dossier</translation>
    </message>
    <message>
      <source>Opens the folder with the files of this run.</source>
      <translation>Ouvre le dossier des fichiers de cette exécution.</translation>
    </message>
    <message>
      <source>Gives this run and its layer group another name.</source>
      <translation>Donne un autre nom à cette exécution et à son groupe de couches.</translation>
    </message>
    <message>
      <source>Remove from list</source>
      <translation>Retirer de la liste</translation>
    </message>
    <message>
      <source>Takes this run off the list; its files stay.</source>
      <translation>Retire cette exécution de la liste ; ses fichiers restent.</translation>
    </message>
    <message>
      <source>Save the weights as</source>
      <translation>Enregistrer les poids sous</translation>
    </message>
    <message>
      <source>"{path}" is not a full path. Choose where to save the weights.</source>
      <translation>"{path}" n'est pas un chemin complet. Choisissez où enregistrer les poids.</translation>
    </message>
    <message>
      <source>A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. Go on from there, or choose another file name.</source>
      <translation>Une exécution pour "{name}" s'est arrêtée après l'itération {step} ; une nouvelle écraserait ce qu'elle a enregistré. Reprenez à partir de là, ou choisissez un autre nom de fichier.</translation>
    </message>
    <message>
      <source>Go on from step {n}</source>
      <translation>Reprendre à l'itération {n}</translation>
    </message>
    <message>
      <source>Parts that were hidden, and what was predicted. Click to open it in full size.</source>
      <translation>Les parties masquées, et ce qui a été prédit. Cliquez pour l'ouvrir en taille réelle.</translation>
    </message>
    <message>
      <source>Logarithmic axis</source>
      <translation>Axe logarithmique</translation>
    </message>
    <message>
      <source>Step {step} of {total}</source>
      <translation>Itération {step} sur {total}</translation>
    </message>
    <message>
      <source>Learned weights of the tasks:</source>
      <translation>Poids appris des tâches :</translation>
    </message>
    <message>
      <source>&lt;b&gt;{name}&lt;/b&gt;: {steps} steps in {time}, final loss {loss}</source>
      <translation>&lt;b&gt;{name}&lt;/b&gt; : {steps} itérations en {time}, perte finale {loss}</translation>
    </message>
    <message>
      <source>Principal components</source>
      <translation>Composantes principales</translation>
    </message>
    <message>
      <source>What tells classes apart</source>
      <translation>Ce qui distingue les classes</translation>
    </message>
    <message>
      <source>Classes need a label layer with polygons of two classes, in step Label.</source>
      <translation>Les classes demandent une couche d'étiquettes avec des polygones de deux classes, à l'étape Étiquettes.</translation>
    </message>
    <message>
      <source>Draw points of what is in view</source>
      <translation>Afficher les points de la vue</translation>
    </message>
    <message>
      <source>Choose points with a lasso (or hold Shift)</source>
      <translation>Choisir des points au lasso (ou maintenir Maj)</translation>
    </message>
    <message>
      <source>Show all points (0)</source>
      <translation>Afficher tous les points (0)</translation>
    </message>
    <message>
      <source>Click the map to find a place in the plot</source>
      <translation>Cliquer sur la carte pour trouver un lieu dans le nuage</translation>
    </message>
    <message>
      <source>Zoom to the chosen points, make them a class, save the plot</source>
      <translation>Zoomer sur les points choisis, en faire une classe, enregistrer le graphique</translation>
    </message>
    <message>
      <source>Save as picture…</source>
      <translation>Enregistrer comme image…</translation>
    </message>
    <message>
      <source>Axes</source>
      <translation>Axes</translation>
    </message>
    <message>
      <source>Scatter plot of the embedding</source>
      <translation>Nuage de points de l'embedding</translation>
    </message>
    <message>
      <source>The points appear here.</source>
      <translation>Les points s'affichent ici.</translation>
    </message>
    <message>
      <source>Whole layer</source>
      <translation>Couche entière</translation>
    </message>
    <message>
      <source>Map canvas</source>
      <translation>Canevas de carte</translation>
    </message>
    <message>
      <source>Drawn rectangle</source>
      <translation>Rectangle dessiné</translation>
    </message>
    <message>
      <source>Polygon layer</source>
      <translation>Couche de polygones</translation>
    </message>
    <message>
      <source>Draw on the map</source>
      <translation>Dessiner sur la carte</translation>
    </message>
    <message>
      <source>Recognise</source>
      <translation>Détecter</translation>
    </message>
    <message>
      <source>DN × 10 000</source>
      <translation>DN × 10 000</translation>
    </message>
    <message>
      <source>DN, +1000 offset</source>
      <translation>DN, décalage +1000</translation>
    </message>
    <message>
      <source>Reflectance 0–1</source>
      <translation>Réflectance 0–1</translation>
    </message>
    <message>
      <source>8 bit</source>
      <translation>8 bits</translation>
    </message>
    <message>
      <source>As they are</source>
      <translation>Telles quelles</translation>
    </message>
    <message>
      <source>Weights (*.safetensors *.pt *.pth)</source>
      <translation>Poids (*.safetensors *.pt *.pth)</translation>
    </message>
    <message>
      <source>Download MMEarth weights…</source>
      <translation>Télécharger des poids…</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Périphérique</translation>
    </message>
    <message>
      <source>Results in</source>
      <translation>Résultats dans</translation>
    </message>
    <message>
      <source>{w} × {h} pixels of {res}, {crs}</source>
      <translation>{w} × {h} pixels de {res}, {crs}</translation>
    </message>
    <message>
      <source>Where "{name}" lies is not known yet. Wait until it is described, or use all of it.</source>
      <translation>L'emplacement de "{name}" n'est pas encore connu. Attendez sa description, ou utilisez la couche entière.</translation>
    </message>
    <message>
      <source>No rectangle is drawn yet. Use "Draw on the map", or choose another extent.</source>
      <translation>Aucun rectangle n'est encore dessiné. Utilisez "Dessiner sur la carte", ou choisissez une autre emprise.</translation>
    </message>
    <message>
      <source>The rectangle is empty; draw it by dragging.</source>
      <translation>Le rectangle est vide ; dessinez-le en glissant.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} on held-out labels; raw bands {raw}, majority {majority}</source>
      <translation>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} sur les étiquettes de validation ; bandes brutes {raw}, majorité {majority}</translation>
    </message>
    <message>
      <source>{rung}: {steps} steps in {time}, the best after step {best}</source>
      <translation>{rung} : {steps} itérations en {time}, la meilleure étant la {best}</translation>
    </message>
    <message>
      <source>Tried: {scores}</source>
      <translation>Essayés : {scores}</translation>
    </message>
    <message>
      <source>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} on {held}; raw bands {raw}, majority {majority}</source>
      <translation>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} sur {held} ; bandes brutes {raw}, majorité {majority}</translation>
    </message>
    <message>
      <source>Probabilities are calibrated: they differ from the truth by {n} percent points on average</source>
      <translation>Les probabilités sont calibrées : elles s'écartent de la réalité de {n} points de pourcentage en moyenne</translation>
    </message>
    <message>
      <source>"Check the map" in step "Map" tests the map itself.</source>
      <translation>"Vérifier la carte" à l'étape "Carte" teste la carte elle-même.</translation>
    </message>
    <message>
      <source>&lt;b&gt;R² {r2}&lt;/b&gt; on {held}; typical error {rmse} (RMSE), mean error {mae}, bias {bias}</source>
      <translation>&lt;b&gt;R² {r2}&lt;/b&gt; sur {held} ; erreur typique {rmse} (RMSE), erreur moyenne {mae}, biais {bias}</translation>
    </message>
    <message>
      <source>RMSE of raw bands {raw}, of always saying the mean {mean}</source>
      <translation>RMSE des bandes brutes {raw}, en prédisant toujours la moyenne {mean}</translation>
    </message>
    <message>
      <source>The 90 % interval holds {share} % of them</source>
      <translation>L'intervalle à 90 % en contient {share} %</translation>
    </message>
    <message>
      <source>An upper bound: polygons are purer than the map.</source>
      <translation>Une borne supérieure : les polygones sont plus purs que la carte.</translation>
    </message>
    <message>
      <source>held-out blocks of polygons</source>
      <translation>les blocs de polygones de validation</translation>
    </message>
    <message>
      <source>held-out polygons</source>
      <translation>les polygones de validation</translation>
    </message>
    <message>
      <source>No score: {reason}</source>
      <translation>Pas de score : {reason}</translation>
    </message>
    <message>
      <source>too few polygons</source>
      <translation>trop peu de polygones</translation>
    </message>
    <message>
      <source>Pick places on the map</source>
      <translation>Pointer des lieux sur la carte</translation>
    </message>
    <message>
      <source>Click a place to find others like it. Shift or the right button: a place that is not meant. Backspace takes the last one back, Escape ends.</source>
      <translation>Cliquez sur un lieu pour en trouver de semblables. Maj ou clic droit : un lieu non voulu. Retour arrière retire le dernier, Échap termine.</translation>
    </message>
    <message>
      <source>Like the selected polygons</source>
      <translation>Comme la sélection</translation>
    </message>
    <message>
      <source>Finds places like the selected features of the active layer, or else like the active class.</source>
      <translation>Trouve des lieux semblables aux entités sélectionnées de la couche active, ou sinon à la classe active.</translation>
    </message>
    <message>
      <source>Start again</source>
      <translation>Recommencer</translation>
    </message>
    <message>
      <source>Forgets the places and takes the layer away.</source>
      <translation>Oublie les lieux et retire la couche.</translation>
    </message>
    <message>
      <source>Similarity from which places are shown</source>
      <translation>Similarité à partir de laquelle les lieux sont montrés</translation>
    </message>
    <message>
      <source>To the right: only the most similar places.</source>
      <translation>Vers la droite : seulement les lieux les plus semblables.</translation>
    </message>
    <message>
      <source>Adds what is shown in view to the label layer, as polygons of a class.</source>
      <translation>Ajoute ce qui est montré dans la vue à la couche d'étiquettes, comme polygones d'une classe.</translation>
    </message>
    <message>
      <source>at least {value}</source>
      <translation>au moins {value}</translation>
    </message>
    <message>
      <source>{n} % of the view</source>
      <translation>{n} % de la vue</translation>
    </message>
    <message>
      <source>choose a raster layer</source>
      <translation>choisir une couche raster</translation>
    </message>
    <message>
      <source>Choose a layer again</source>
      <translation>Choisir de nouveau une couche</translation>
    </message>
    <message>
      <source>A folder or zip of bands that is no layer, such as a Sentinel-2 product</source>
      <translation>Un dossier ou un zip de bandes qui n'est pas une couche, comme un produit Sentinel-2</translation>
    </message>
    <message>
      <source>Folder (SAFE)…</source>
      <translation>Dossier (SAFE)…</translation>
    </message>
    <message>
      <source>Zip…</source>
      <translation>Zip…</translation>
    </message>
    <message>
      <source>{n} layers as one scene</source>
      <translation>{n} couches en une scène</translation>
    </message>
    <message>
      <source>Layers selected in the layer panel:
{names}</source>
      <translation>Couches sélectionnées dans le panneau des couches :
{names}</translation>
    </message>
    <message>
      <source>Folder of one Sentinel-2 scene (.SAFE)</source>
      <translation>Dossier d'une scène Sentinel-2 (.SAFE)</translation>
    </message>
    <message>
      <source>Zip of one Sentinel-2 scene</source>
      <translation>Zip d'une scène Sentinel-2</translation>
    </message>
    <message>
      <source>Zip (*.zip)</source>
      <translation>Zip (*.zip)</translation>
    </message>
    <message>
      <source>More: sample project, settings, help</source>
      <translation>Plus : projet exemple, paramètres, aide</translation>
    </message>
    <message>
      <source>Opens the page of the tutorial about this step in the browser.</source>
      <translation>Ouvre dans le navigateur la page du tutoriel sur cette étape.</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Aide</translation>
    </message>
    <message>
      <source>not yet possible</source>
      <translation>pas encore possible</translation>
    </message>
    <message>
      <source>ready</source>
      <translation>prêt</translation>
    </message>
    <message>
      <source>running</source>
      <translation>en cours</translation>
    </message>
    <message>
      <source>out of date</source>
      <translation>à actualiser</translation>
    </message>
    <message>
      <source>done</source>
      <translation>terminé</translation>
    </message>
    <message>
      <source>problem</source>
      <translation>problème</translation>
    </message>
    <message>
      <source>Where should I label next?</source>
      <translation>Où étiqueter ensuite ?</translation>
    </message>
    <message>
      <source>Finds places that would teach the last model most, each with a reason.</source>
      <translation>Trouve les lieux qui apprendraient le plus au dernier modèle, chacun avec une raison.</translation>
    </message>
    <message>
      <source>Accept as label</source>
      <translation>Accepter l'étiquette</translation>
    </message>
    <message>
      <source>Chooses the suggested class and starts a polygon in the label layer. Choose another class if it is wrong.</source>
      <translation>Choisit la classe suggérée et commence un polygone dans la couche d'étiquettes. Choisissez une autre classe si elle est fausse.</translation>
    </message>
    <message>
      <source>There is no model yet. Use "Train and predict" in step "Train", or choose a saved model in step "Map".</source>
      <translation>Il n'y a pas encore de modèle. Utilisez "Entraîner et prédire" à l'étape "Entraîner", ou choisissez un modèle enregistré à l'étape "Carte".</translation>
    </message>
    <message>
      <source>The suggested point is gone. Ask again where to label next.</source>
      <translation>Le point suggéré n'existe plus. Demandez de nouveau où étiqueter ensuite.</translation>
    </message>
    <message>
      <source>Point {n} of {all}</source>
      <translation>Point {n} sur {all}</translation>
    </message>
    <message>
      <source>Add layer</source>
      <translation>Ajouter</translation>
    </message>
    <message>
      <source>Remove layer</source>
      <translation>Retirer</translation>
    </message>
    <message>
      <source>Predict also</source>
      <translation>Prédire aussi</translation>
    </message>
    <message>
      <source>Layers on the same ground: elevation, radar, land cover… The encoder learns to predict them as well.</source>
      <translation>Des couches du même terrain : altitude, radar, occupation du sol… L'encodeur apprend à les prédire aussi.</translation>
    </message>
    <message>
      <source>Two layers to predict are named "{name}". Double-click one of the names to change it.</source>
      <translation>Deux couches à prédire s'appellent "{name}". Double-cliquez sur l'un des noms pour le changer.</translation>
    </message>
    <message>
      <source>The layer of "{name}" is no longer in the project. Remove it from the list.</source>
      <translation>La couche de "{name}" n'est plus dans le projet. Retirez-la de la liste.</translation>
    </message>
    <message>
      <source>continuous</source>
      <translation>continues</translation>
    </message>
    <message>
      <source>classes</source>
      <translation>classes</translation>
    </message>
    <message>
      <source>Each pixel: segmentation</source>
      <translation>Chaque pixel : segmentation</translation>
    </message>
    <message>
      <source>Cells of a grid</source>
      <translation>Cellules d'une grille</translation>
    </message>
    <message>
      <source>Polygons as wholes</source>
      <translation>Polygones entiers</translation>
    </message>
    <message>
      <source>Scenes as wholes</source>
      <translation>Scènes entières</translation>
    </message>
    <message>
      <source>Several classes each</source>
      <translation>Plusieurs classes chacun</translation>
    </message>
    <message>
      <source>Values like "forest;water" name all classes that are there.</source>
      <translation>Des valeurs comme "forest;water" nomment toutes les classes présentes.</translation>
    </message>
    <message>
      <source>The scene of step "Scene"</source>
      <translation>La scène de l'étape "Scène"</translation>
    </message>
    <message>
      <source>Folder of rasters</source>
      <translation>Dossier de rasters</translation>
    </message>
    <message>
      <source>Folder of rasters with the same bands</source>
      <translation>Dossier de rasters avec les mêmes bandes</translation>
    </message>
    <message>
      <source>Class rasters named like their scenes</source>
      <translation>Rasters de classes nommés comme leurs scènes</translation>
    </message>
    <message>
      <source>Table with the columns "scene" and "class"</source>
      <translation>Table avec les colonnes "scene" et "class"</translation>
    </message>
    <message>
      <source>The scene "{found}" was not found. Choose rasters that are there.</source>
      <translation>La scène "{found}" est introuvable. Choisissez des rasters existants.</translation>
    </message>
    <message>
      <source>Folder "{found}" holds no rasters (.tif, .vrt, .jp2, .img). Choose the folder of the scenes.</source>
      <translation>Le dossier "{found}" ne contient aucun raster (.tif, .vrt, .jp2, .img). Choisissez le dossier des scènes.</translation>
    </message>
    <message>
      <source>No scene is chosen to learn from. Choose at least one raster file.</source>
      <translation>Aucune scène dont apprendre n'est choisie. Choisissez au moins un fichier raster.</translation>
    </message>
    <message>
      <source>A network tells classes apart, and estimates no numbers. Choose a class field in step "Label".</source>
      <translation>Un réseau distingue des classes et n'estime pas de nombres. Choisissez un champ de classe à l'étape "Étiquettes".</translation>
    </message>
    <message>
      <source>Folder "{path}" holds no class rasters. Choose one with a raster named like each scene.</source>
      <translation>Le dossier "{path}" ne contient aucun raster de classes. Choisissez-en un avec un raster nommé comme chaque scène.</translation>
    </message>
    <message>
      <source>There is no table "{path}". Choose a .csv with the columns "scene" and "class".</source>
      <translation>Il n'y a pas de table "{path}". Choisissez un .csv avec les colonnes "scene" et "class".</translation>
    </message>
    <message>
      <source>Tell apart</source>
      <translation>Distinguer</translation>
    </message>
    <message>
      <source>Learn from</source>
      <translation>Apprendre de</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Étiquettes</translation>
    </message>
    <message>
      <source>Polygons of step "Label"</source>
      <translation>Polygones de l'étape "Étiquettes"</translation>
    </message>
    <message>
      <source>Folder of masks</source>
      <translation>Dossier de masques</translation>
    </message>
    <message>
      <source>Table of scenes</source>
      <translation>Table de scènes</translation>
    </message>
    <message>
      <source>Choose the polygon layer and its class field in step "Label".</source>
      <translation>Choisissez la couche de polygones et son champ de classe à l'étape "Étiquettes".</translation>
    </message>
    <message>
      <source>Scores on held-out labels appear here.</source>
      <translation>Les scores sur les étiquettes de validation s'affichent ici.</translation>
    </message>
    <message>
      <source>The learning rate appears here.</source>
      <translation>Le taux d'apprentissage s'affiche ici.</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pause</translation>
    </message>
    <message>
      <source>Saves the run and ends it; it goes on from there, also after QGIS was closed.</source>
      <translation>Enregistre l'exécution et y met fin ; elle reprendra de là, même après la fermeture de QGIS.</translation>
    </message>
    <message>
      <source>Map the scene</source>
      <translation>Cartographier la scène</translation>
    </message>
    <message>
      <source>Reading the labels…</source>
      <translation>Lecture des étiquettes…</translation>
    </message>
    <message>
      <source>; best held-out F1 {score:.2f}</source>
      <translation>, meilleur F1 de validation {score:.2f}</translation>
    </message>
    <message>
      <source>Maps the scene of step "Scene" with {name}.</source>
      <translation>Cartographie la scène de l'étape "Scène" avec {name}.</translation>
    </message>
    <message>
      <source>Stopped before anything was learned.</source>
      <translation>Arrêté avant d'avoir rien appris.</translation>
    </message>
    <message>
      <source>Paused after step {n}.</source>
      <translation>En pause après l'itération {n}.</translation>
    </message>
    <message>
      <source> The best network so far is kept: held-out F1 {score:.2f}.</source>
      <translation> Le meilleur réseau jusqu'ici est conservé : F1 de validation {score:.2f}.</translation>
    </message>
    <message>
      <source>MMEarth panel</source>
      <translation>Panneau MMEarth</translation>
    </message>
    <message>
      <source>Embed layer (MMEarth)</source>
      <translation>Encoder la couche (MMEarth)</translation>
    </message>
    <message>
      <source>The polygon is gone. Compare again.</source>
      <translation>Le polygone n'existe plus. Comparez de nouveau.</translation>
    </message>
    <message>
      <source>No map to compare with. </source>
      <translation>Pas de carte à comparer. </translation>
    </message>
    <message>
      <source>No label layer to compare. </source>
      <translation>Pas de couche d'étiquettes à comparer. </translation>
    </message>
    <message>
      <source>Switch on "Live preview", or use "Train and predict".</source>
      <translation>Activez "Aperçu direct", ou utilisez "Entraîner et prédire".</translation>
    </message>
    <message>
      <source>Choose one in step "Label".</source>
      <translation>Choisissez-en une à l'étape "Étiquettes".</translation>
    </message>
    <message>
      <source>Labels and map cannot be compared ({error}). Choose another project CRS.</source>
      <translation>Étiquettes et carte ne peuvent pas être comparées ({error}). Choisissez un autre SCR de projet.</translation>
    </message>
    <message>
      <source>Preview</source>
      <translation>Aperçu</translation>
    </message>
    <message>
      <source>The preview "{path}" could not be loaded. Look at the log panel.</source>
      <translation>L'aperçu "{path}" n'a pas pu être chargé. Consultez le journal des messages.</translation>
    </message>
    <message>
      <source>Preparing…</source>
      <translation>Préparation…</translation>
    </message>
    <message>
      <source>No map to compare with the image yet. Switch on "Live preview", or use "Train and predict".</source>
      <translation>Pas encore de carte à comparer à l'image. Activez "Aperçu direct", ou utilisez "Entraîner et prédire".</translation>
    </message>
    <message>
      <source>Preparing… {n} %</source>
      <translation>Préparation… {n} %</translation>
    </message>
    <message>
      <source>Preview of {n} classes, {time} s</source>
      <translation>Aperçu de {n} classes, {time} s</translation>
    </message>
    <message>
      <source>"{folder}" is no full path. Write folders from the root, as in "{example}".</source>
      <translation>"{folder}" n'est pas un chemin complet. Indiquez les dossiers depuis la racine, comme dans "{example}".</translation>
    </message>
    <message>
      <source>The command "{command}" has a quotation mark without its end. Close it, or take it away.</source>
      <translation>La commande "{command}" contient un guillemet ouvrant sans guillemet fermant. Fermez-le, ou supprimez-le.</translation>
    </message>
    <message>
      <source>Write the command that starts the backend, such as: {example}</source>
      <translation>Indiquez la commande qui démarre le backend, par exemple : {example}</translation>
    </message>
    <message>
      <source>The backend on the other machine is version {found}, protocol {found_protocol}; this plugin wants version {wanted}, protocol {wanted_protocol}.</source>
      <translation>Le backend de l'autre machine est en version {found}, protocole {found_protocol} ; cette extension veut la version {wanted}, protocole {wanted_protocol}.</translation>
    </message>
    <message>
      <source>Copy the folder "backend" and the folder "resources" of this plugin to the other machine, over those that are there, and install backend/requirements.txt there again.</source>
      <translation>Copiez les dossiers "backend" et "resources" de cette extension sur l'autre machine, par-dessus ceux qui s'y trouvent, et réinstallez-y backend/requirements.txt.</translation>
    </message>
    <message>
      <source>The mapped folder "{folder}" of this machine cannot be written: {reason}.</source>
      <translation>Le dossier associé "{folder}" de cette machine n'est pas accessible en écriture : {reason}.</translation>
    </message>
    <message>
      <source>"{here}" here is not usable as "{there}" there:</source>
      <translation>"{here}" sur cette machine n'est pas utilisable comme "{there}" sur l'autre :</translation>
    </message>
    <message>
      <source>Check the pair under "Compute on another machine…", and that the shared folder is mounted on both machines.</source>
      <translation>Vérifiez cette paire sous "Calculer sur une autre machine…", et que le dossier partagé est monté sur les deux machines.</translation>
    </message>
    <message>
      <source>a file written here was not found there ({reason}). The folder is another one, or is not mounted.</source>
      <translation>un fichier écrit ici n'a pas été trouvé là-bas ({reason}). Ce n'est pas le même dossier, ou il n'est pas monté.</translation>
    </message>
    <message>
      <source>it is empty there</source>
      <translation>il est vide là-bas</translation>
    </message>
    <message>
      <source>a file written here has another content there. The folder there is a copy, or an old state.</source>
      <translation>un fichier écrit ici a un autre contenu là-bas. Le dossier de l'autre machine est une copie, ou un état ancien.</translation>
    </message>
    <message>
      <source>the other machine can read it but not write there ({reason}).</source>
      <translation>l'autre machine peut le lire mais pas y écrire ({reason}).</translation>
    </message>
    <message>
      <source>a file written there was not found here ({reason}).</source>
      <translation>un fichier écrit là-bas n'a pas été trouvé ici ({reason}).</translation>
    </message>
    <message>
      <source>a file written there has another content here.</source>
      <translation>un fichier écrit là-bas a un autre contenu ici.</translation>
    </message>
    <message>
      <source>"{path}" lies in no folder that the other machine sees too. It sees: {folders}.</source>
      <translation>"{path}" n'est dans aucun dossier que voit aussi l'autre machine. Elle voit : {folders}.</translation>
    </message>
    <message>
      <source>"{path}" is on this machine, and no folder is mapped that the other machine sees too.</source>
      <translation>"{path}" est sur cette machine, et aucun dossier visible des deux machines n'est associé.</translation>
    </message>
    <message>
      <source>Copy it into a mapped folder, choose a place there for what is to be written, or add its folder under "Compute on another machine…".</source>
      <translation>Copiez-le dans un dossier associé, choisissez-y un emplacement pour ce qui doit être écrit, ou ajoutez son dossier sous "Calculer sur une autre machine…".</translation>
    </message>
    <message>
      <source>The connection to the other machine was lost, or the program there was killed.</source>
      <translation>La connexion à l'autre machine a été perdue, ou le programme y a été tué.</translation>
    </message>
    <message>
      <source>Look whether that machine still runs and has enough memory, then start it again.</source>
      <translation>Vérifiez que cette machine fonctionne encore et a assez de mémoire, puis relancez le traitement.</translation>
    </message>
    <message>
      <source>The command for the other machine cannot be started: there is no program "{program}" here.</source>
      <translation>La commande pour l'autre machine ne peut pas être lancée : il n'y a pas de programme "{program}" ici.</translation>
    </message>
    <message>
      <source>Install it (ssh comes with OpenSSH), or correct the command under "Compute on another machine…".</source>
      <translation>Installez-le (ssh est fourni avec OpenSSH), ou corrigez la commande sous "Calculer sur une autre machine…".</translation>
    </message>
    <message>
      <source>It may wait for a password or for an answer: add "-o BatchMode=yes" after "ssh" in the command to see what it asks, and try the command in a terminal.</source>
      <translation>La commande attend peut-être un mot de passe ou une réponse : ajoutez-y "-o BatchMode=yes" après "ssh" pour voir ce qu'elle demande, et essayez-la dans un terminal.</translation>
    </message>
    <message>
      <source>Try the command in a terminal first; it must start without a question.</source>
      <translation>Essayez d'abord la commande dans un terminal ; elle doit démarrer sans poser de question.</translation>
    </message>
    <message>
      <source>The name of the other machine, "{host}", is not known here.</source>
      <translation>Le nom de l'autre machine, "{host}", n'est pas connu ici.</translation>
    </message>
    <message>
      <source>Check the name for typing mistakes, and whether a VPN is needed.</source>
      <translation>Vérifiez que le nom ne contient pas de faute de frappe, et si un VPN est nécessaire.</translation>
    </message>
    <message>
      <source>The other machine is not known to ssh yet, or shows another key than before.</source>
      <translation>L'autre machine n'est pas encore connue de ssh, ou présente une autre clé qu'auparavant.</translation>
    </message>
    <message>
      <source>Connect once in a terminal with the same command, compare the key with what its administrator says, and answer yes.</source>
      <translation>Connectez-vous une fois dans un terminal avec la même commande, comparez la clé à celle qu'indique son administrateur, et répondez yes.</translation>
    </message>
    <message>
      <source>The other machine did not accept the login ({methods}).</source>
      <translation>L'autre machine a refusé la connexion ({methods}).</translation>
    </message>
    <message>
      <source>Set up a key without a question (ssh-keygen, ssh-copy-id, or an ssh agent). {by_hand}</source>
      <translation>Configurez une clé qui ne demande rien (ssh-keygen, ssh-copy-id, ou un agent ssh). {by_hand}</translation>
    </message>
    <message>
      <source>The other machine answers, but no ssh server listens there at this port.</source>
      <translation>L'autre machine répond, mais aucun serveur ssh n'y écoute sur ce port.</translation>
    </message>
    <message>
      <source>Start its ssh server, or name the port in the command, as in "ssh -p 2222 …".</source>
      <translation>Démarrez son serveur ssh, ou indiquez le port dans la commande, comme dans "ssh -p 2222 …".</translation>
    </message>
    <message>
      <source>The other machine cannot be reached.</source>
      <translation>L'autre machine est injoignable.</translation>
    </message>
    <message>
      <source>Look whether it is switched on, and whether a VPN is needed.</source>
      <translation>Vérifiez qu'elle est allumée, et si un VPN est nécessaire.</translation>
    </message>
    <message>
      <source>The shell there found no program "{program}".</source>
      <translation>Le shell de l'autre machine n'a pas trouvé de programme "{program}".</translation>
    </message>
    <message>
      <source>Write the full path of mmearth on the other machine in the command. {by_hand}</source>
      <translation>Indiquez dans la commande le chemin complet de mmearth sur l'autre machine. {by_hand}</translation>
    </message>
    <message>
      <source>The connection to the other machine was lost.</source>
      <translation>La connexion à l'autre machine a été perdue.</translation>
    </message>
    <message>
      <source>Look at the network, then start it again; trainings go on from their checkpoint. "-o ServerAliveInterval=15" in the command keeps idle connections open.</source>
      <translation>Vérifiez le réseau, puis relancez le traitement ; les entraînements reprennent à leur checkpoint. "-o ServerAliveInterval=15" dans la commande garde ouvertes les connexions inactives.</translation>
    </message>
    <message>
      <source>Polygons with values</source>
      <translation>Polygones avec valeurs</translation>
    </message>
    <message>
      <source>Copying files</source>
      <translation>Copie des fichiers</translation>
    </message>
    <message>
      <source>The file could not be written: {reason} ("{path}"). Choose another place, or free some space.</source>
      <translation>Le fichier n'a pas pu être écrit : {reason} ("{path}"). Choisissez un autre emplacement, ou libérez de l'espace.</translation>
    </message>
    <message>
      <source>The request of run "{name}" could not be written to "{path}": {reason}</source>
      <translation>La requête de l'exécution "{name}" n'a pas pu être écrite dans "{path}" : {reason}</translation>
    </message>
    <message>
      <source>Fine-tuned network</source>
      <translation>Réseau affiné</translation>
    </message>
    <message>
      <source>{n} · {what}</source>
      <translation>{n} · {what}</translation>
    </message>
    <message>
      <source>The scores of the classes were not read from the report: {error}</source>
      <translation>Les scores des classes n'ont pas pu être lus dans le rapport : {error}</translation>
    </message>
    <message>
      <source>A stored run could not be read and is left out: {error}</source>
      <translation>Une exécution enregistrée n'a pas pu être lue et est omise : {error}</translation>
    </message>
    <message>
      <source>Run "{name}" was made by another version and cannot be repeated: {error}</source>
      <translation>L'exécution "{name}" vient d'une autre version et ne peut pas être relancée : {error}</translation>
    </message>
    <message>
      <source>"{path}", which run "{name}" was made from, is gone. Put it back, then repeat the run.</source>
      <translation>"{path}", dont vient l'exécution "{name}", n'existe plus. Remettez-le en place, puis relancez l'exécution.</translation>
    </message>
    <message>
      <source>That run is no longer in the list.</source>
      <translation>Cette exécution n'est plus dans la liste.</translation>
    </message>
    <message>
      <source>The files of "{name}" are gone. Repeat the run, or remove it from the list.</source>
      <translation>Les fichiers de "{name}" n'existent plus. Relancez l'exécution, ou retirez-la de la liste.</translation>
    </message>
    <message>
      <source>The report "{path}" is gone. Repeat the run to write it again.</source>
      <translation>Le rapport "{path}" n'existe plus. Relancez l'exécution pour l'écrire de nouveau.</translation>
    </message>
    <message>
      <source>The folder "{path}" is gone.</source>
      <translation>Le dossier "{path}" n'existe plus.</translation>
    </message>
    <message>
      <source>The request was copied. Saved to a file, `mmearth run` repeats it.</source>
      <translation>La requête a été copiée. Enregistrée dans un fichier, `mmearth run` la relance.</translation>
    </message>
    <message>
      <source>Save request as</source>
      <translation>Enregistrer la requête sous</translation>
    </message>
    <message>
      <source>Request files (*.json)</source>
      <translation>Fichiers de requête (*.json)</translation>
    </message>
    <message>
      <source>The request cannot be written to "{path}" ({reason}). Choose another place.</source>
      <translation>La requête ne peut pas être écrite dans "{path}" ({reason}). Choisissez un autre emplacement.</translation>
    </message>
    <message>
      <source>Saved: {path}</source>
      <translation>Enregistré : {path}</translation>
    </message>
    <message>
      <source>The map of "{name}" is gone ("{path}"). Repeat that run, or choose another one.</source>
      <translation>La carte de "{name}" n'existe plus ("{path}"). Relancez cette exécution, ou choisissez-en une autre.</translation>
    </message>
    <message>
      <source>Differences {first} → {second}</source>
      <translation>Différences {first} → {second}</translation>
    </message>
    <message>
      <source>"{path}" is gone. Repeat the run, or choose another one.</source>
      <translation>"{path}" n'existe plus. Relancez l'exécution, ou choisissez-en une autre.</translation>
    </message>
    <message>
      <source>Files are being copied. Wait until they are.</source>
      <translation>Des fichiers sont en cours de copie. Attendez-en la fin.</translation>
    </message>
    <message>
      <source>"{name}" would replace itself. Choose another file.</source>
      <translation>"{name}" se remplacerait lui-même. Choisissez un autre fichier.</translation>
    </message>
    <message>
      <source>The folder "{path}" does not exist. Choose another one.</source>
      <translation>Le dossier "{path}" n'existe pas. Choisissez-en un autre.</translation>
    </message>
    <message>
      <source>Written: {path}</source>
      <translation>Écrit : {path}</translation>
    </message>
    <message>
      <source>The report "{path}" has no figures as files.</source>
      <translation>Le rapport "{path}" n'a pas de figures sous forme de fichiers.</translation>
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
      <translation>Écart</translation>
    </message>
    <message>
      <source>Macro F1</source>
      <translation>Macro F1</translation>
    </message>
    <message>
      <source>Raw bands</source>
      <translation>Bandes brutes</translation>
    </message>
    <message>
      <source>Majority</source>
      <translation>Majorité</translation>
    </message>
    <message>
      <source>Neither run has a score: only runs that train a model have one.</source>
      <translation>Aucune des exécutions n'a de score : seules celles qui entraînent un modèle en ont un.</translation>
    </message>
    <message>
      <source>Not both of the runs have a score.</source>
      <translation>Les deux exécutions n’ont pas toutes un score.</translation>
    </message>
    <message>
      <source>Whether that is more than noise is not known: a run has no interval.</source>
      <translation>On ne sait pas si c'est plus que du bruit : une exécution n'a pas d'intervalle.</translation>
    </message>
    <message>
      <source>Within noise: the 95 % intervals overlap ({first} and {second}).</source>
      <translation>Dans le bruit : les intervalles à 95 % se chevauchent ({first} et {second}).</translation>
    </message>
    <message>
      <source>More than noise: the 95 % intervals are apart ({first} and {second}).</source>
      <translation>Plus que du bruit : les intervalles à 95 % sont disjoints ({first} et {second}).</translation>
    </message>
    <message>
      <source>They were scored on other labels, so compare with care.</source>
      <translation>Leurs scores portent sur des étiquettes différentes, à comparer avec prudence.</translation>
    </message>
    <message>
      <source>Sample labels</source>
      <translation>Étiquettes exemple</translation>
    </message>
    <message>
      <source>The sample project "{path}" cannot be opened. Remove it, or choose another folder.</source>
      <translation>Le projet exemple "{path}" ne peut pas être ouvert. Supprimez-le, ou choisissez un autre dossier.</translation>
    </message>
    <message>
      <source>The sample cannot be copied to "{folder}" ({reason}). Choose another folder.</source>
      <translation>L'exemple ne peut pas être copié dans "{folder}" ({reason}). Choisissez un autre dossier.</translation>
    </message>
    <message>
      <source>Sample scene</source>
      <translation>Scène exemple</translation>
    </message>
    <message>
      <source>"{path}" cannot be opened. Remove it, so that it is copied again.</source>
      <translation>"{path}" ne peut pas être ouvert. Supprimez-le, pour qu'il soit copié de nouveau.</translation>
    </message>
    <message>
      <source>The project cannot be written to "{path}". Choose another folder.</source>
      <translation>Le projet ne peut pas être écrit dans "{path}". Choisissez un autre dossier.</translation>
    </message>
    <message>
      <source>{w} × {h} pixels, {read}</source>
      <translation>{w} × {h} pixels, {read}</translation>
    </message>
    <message>
      <source>Embedded in {time}.</source>
      <translation>Encodé en {time}.</translation>
    </message>
    <message>
      <source>Mapped in {time}.</source>
      <translation>Cartographié en {time}.</translation>
    </message>
    <message>
      <source>Trained in {time}: macro F1 {score} on held-out labels.</source>
      <translation>Entraîné en {time} : macro F1 {score} sur les étiquettes de validation.</translation>
    </message>
    <message>
      <source>Trained in {time}.</source>
      <translation>Entraîné en {time}.</translation>
    </message>
    <message>
      <source>Embed</source>
      <translation>Encoder</translation>
    </message>
    <message>
      <source>Label</source>
      <translation>Étiquettes</translation>
    </message>
    <message>
      <source>At work: see below.</source>
      <translation>En cours : voir ci-dessous.</translation>
    </message>
    <message>
      <source>Choose the raster to work on.</source>
      <translation>Choisissez le raster sur lequel travailler.</translation>
    </message>
    <message>
      <source>Looking at the raster…</source>
      <translation>Examen du raster…</translation>
    </message>
    <message>
      <source>Needs a scene.</source>
      <translation>Demande une scène.</translation>
    </message>
    <message>
      <source>The scene is an embedding already.</source>
      <translation>La scène est déjà un embedding.</translation>
    </message>
    <message>
      <source>The last embedding is of another extent, or reads the scene otherwise.</source>
      <translation>Le dernier embedding est d'une autre emprise, ou lit la scène autrement.</translation>
    </message>
    <message>
      <source>For exploring and smart select; training needs none.</source>
      <translation>Pour l'exploration et la sélection intelligente ; l'entraînement n'en a pas besoin.</translation>
    </message>
    <message>
      <source>Make a label layer, or choose one.</source>
      <translation>Créez une couche d'étiquettes, ou choisissez-en une.</translation>
    </message>
    <message>
      <source>{n} polygons in {k} classes: draw some of at least two classes.</source>
      <translation>{n} polygones dans {k} classes : dessinez-en d'au moins deux classes.</translation>
    </message>
    <message>
      <source>Needs a scene and polygons of two classes, or masks.</source>
      <translation>Il faut une scène et des polygones de deux classes, ou des masques.</translation>
    </message>
    <message>
      <source>Ready to learn from {n} polygons of {k} classes.</source>
      <translation>Prêt à apprendre de {n} polygones de {k} classes.</translation>
    </message>
    <message>
      <source>The labels have changed since the last training ({text}).</source>
      <translation>Les étiquettes ont changé depuis le dernier entraînement ({text}).</translation>
    </message>
    <message>
      <source>Needs a scene and a model.</source>
      <translation>Demande une scène et un modèle.</translation>
    </message>
    <message>
      <source>Train a model, or choose a saved one.</source>
      <translation>Entraînez un modèle, ou choisissez-en un enregistré.</translation>
    </message>
    <message>
      <source>The last map is of another scene, extent or reading.</source>
      <translation>La dernière carte est d'une autre scène, emprise ou lecture.</translation>
    </message>
    <message>
      <source>The labels have changed since the last map.</source>
      <translation>Les étiquettes ont changé depuis la dernière carte.</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one, or use "New label layer".</source>
      <translation>Aucune couche d'étiquettes n'est choisie. Choisissez-en une, ou utilisez "Nouvelle couche d'étiquettes".</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited: it is read-only, or its file is. Choose another layer, or save a copy of it and choose that.</source>
      <translation>La couche "{name}" n'est pas modifiable : elle est en lecture seule, ou son fichier l'est. Choisissez une autre couche, ou enregistrez-en une copie et choisissez celle-ci.</translation>
    </message>
    <message>
      <source>Add label polygon</source>
      <translation>Ajouter un polygone étiqueté</translation>
    </message>
    <message>
      <source>Layer "{name}" did not take the polygon. Look at its fields and constraints, then draw it again.</source>
      <translation>La couche "{name}" n'a pas pris le polygone. Vérifiez ses champs et contraintes, puis dessinez-le de nouveau.</translation>
    </message>
    <message>
      <source>The edits of layer "{name}" could not be saved and are kept: {errors}</source>
      <translation>Les modifications de la couche "{name}" n'ont pas pu être enregistrées et sont conservées : {errors}</translation>
    </message>
    <message>
      <source>The scene has no embedding yet. Make one in step "Embed", then try again.</source>
      <translation>La scène n'a pas encore d'embedding. Créez-en un à l'étape "Encoder", puis réessayez.</translation>
    </message>
    <message>
      <source>Something else is running. Smart select answers as soon as it is done.</source>
      <translation>Autre chose est en cours. La sélection intelligente répondra dès que ce sera terminé.</translation>
    </message>
    <message>
      <source>The place lies outside "{name}". Click inside it, or embed this place first.</source>
      <translation>Le lieu est hors de "{name}". Cliquez à l'intérieur, ou encodez d'abord cet endroit.</translation>
    </message>
    <message>
      <source>This place cannot be expressed in {crs}. Draw nearer to the scene, or choose another project CRS.</source>
      <translation>Ce lieu ne peut pas être exprimé en {crs}. Dessinez plus près de la scène, ou choisissez un autre SCR de projet.</translation>
    </message>
    <message>
      <source>The shape covers {n} % of a pixel of the scene; at least one pixel is wanted. Draw it larger.</source>
      <translation>La forme couvre {n} % d'un pixel de la scène ; il faut au moins un pixel. Dessinez-la plus grande.</translation>
    </message>
    <message>
      <source>The shape covers no area. Draw it larger.</source>
      <translation>La forme ne couvre aucune surface. Dessinez-la plus grande.</translation>
    </message>
    <message>
      <source>The label layer holds neither polygons nor points. Choose a polygon layer.</source>
      <translation>La couche d'étiquettes ne contient ni polygones ni points. Choisissez une couche de polygones.</translation>
    </message>
    <message>
      <source>The reference of the same ground is the nearest for {share} % of the held-out places (before: {before} %, by chance: {chance} %). Cosine on the same ground {cosine} (before: {cosine_before}), on other ground {deranged}.</source>
      <translation>Pour {share} % des lieux de validation, la référence du même terrain est la plus proche (avant : {before} %, au hasard : {chance} %). Cosinus sur le même terrain {cosine} (avant : {cosine_before}), sur un autre terrain {deranged}.</translation>
    </message>
    <message>
      <source>Adaptation did not help here: keep the weights that you had.</source>
      <translation>L'adaptation n'a pas aidé ici : gardez les poids que vous aviez.</translation>
    </message>
    <message>
      <source>Both sensors agree well: models trained on the reference can be tried on the new images.</source>
      <translation>Les deux capteurs concordent bien : les modèles entraînés sur la référence peuvent être essayés sur les nouvelles images.</translation>
    </message>
    <message>
      <source>Both sensors agree in part: train on labels of the new images rather than use models of the other.</source>
      <translation>Les deux capteurs concordent en partie : entraînez plutôt sur des étiquettes des nouvelles images que d'utiliser les modèles de l'autre.</translation>
    </message>
    <message>
      <source>Both sensors hardly agree: check the picture of pairs, their dates and the shift between them.</source>
      <translation>Les deux capteurs ne concordent guère : vérifiez l'image des paires, leurs dates et le décalage entre elles.</translation>
    </message>
    <message>
      <source>What training "{name}" was asked is no longer in its folder. Choose its data and file name again.</source>
      <translation>La demande de l'entraînement "{name}" n'est plus dans son dossier. Choisissez de nouveau ses données et le nom du fichier.</translation>
    </message>
    <message>
      <source>weights {name}</source>
      <translation>poids {name}</translation>
    </message>
    <message>
      <source>What training "{name}" was asked is no longer known. Choose its data and file name again.</source>
      <translation>La demande de l'entraînement "{name}" n'est plus connue. Choisissez de nouveau ses données et le nom du fichier.</translation>
    </message>
    <message>
      <source>The network is trained: {name}</source>
      <translation>Le réseau est entraîné : {name}</translation>
    </message>
    <message>
      <source>Pausing…</source>
      <translation>Mise en pause…</translation>
    </message>
    <message>
      <source>Paused.</source>
      <translation>En pause.</translation>
    </message>
    <message>
      <source>The losses appear here.</source>
      <translation>Les pertes s'affichent ici.</translation>
    </message>
    <message>
      <source>step {n}</source>
      <translation>itération {n}</translation>
    </message>
    <message>
      <source>MMEarth weights</source>
      <translation>Poids MMEarth</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Nom</translation>
    </message>
    <message>
      <source>Patch</source>
      <translation>Patch</translation>
    </message>
    <message>
      <source>Installed</source>
      <translation>Installé</translation>
    </message>
    <message>
      <source>I have read this licence and agree to it</source>
      <translation>J'ai lu cette licence et je l'accepte</translation>
    </message>
    <message>
      <source>Use</source>
      <translation>Utiliser</translation>
    </message>
    <message>
      <source>Convert a .pth…</source>
      <translation>Convertir un .pth…</translation>
    </message>
    <message>
      <source>Remove…</source>
      <translation>Supprimer…</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Fermer</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>oui</translation>
    </message>
    <message>
      <source>"{name}" is ready and chosen in step "Scene".</source>
      <translation>"{name}" est prêt et choisi à l'étape "Scène".</translation>
    </message>
    <message>
      <source>Checkpoints (*.pth *.pt *.safetensors)</source>
      <translation>Checkpoints (*.pth *.pt *.safetensors)</translation>
    </message>
    <message>
      <source>Checkpoint to convert</source>
      <translation>Checkpoint à convertir</translation>
    </message>
    <message>
      <source>Remove "{name}" from this computer? Models that were trained with it need it again.</source>
      <translation>Supprimer les poids "{name}" de cet ordinateur ? Les modèles entraînés avec ces poids en auront de nouveau besoin.</translation>
    </message>
    <message>
      <source>"{name}" is removed; {size} of disk are free again.</source>
      <translation>Poids "{name}" supprimés ; {size} libérés sur le disque.</translation>
    </message>
    <message>
      <source>These came with the plugin and stay.</source>
      <translation>Ces poids sont fournis avec l'extension et ne peuvent pas être supprimés.</translation>
    </message>
    <message>
      <source>as its card says</source>
      <translation>conforme à la fiche</translation>
    </message>
    <message>
      <source>not as its card says: the file was changed</source>
      <translation>non conforme à la fiche : le fichier a été modifié</translation>
    </message>
    <message>
      <source>none is stated</source>
      <translation>non indiquée</translation>
    </message>
    <message>
      <source>{size} · licence: {licence} · hash: {state}</source>
      <translation>{size} · licence : {licence} · empreinte : {state}</translation>
    </message>
    <message>
      <source>unknown</source>
      <translation>inconnue</translation>
    </message>
  </context>
</TS>
