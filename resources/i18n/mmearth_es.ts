<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es_ES" sourcelanguage="en">
  <context>
    <name>MMEarth</name>
    <message>
      <source>Adapt weights to another sensor</source>
      <translation>Adaptar pesos a otro sensor</translation>
    </message>
    <message>
      <source>Learns weights for another sensor (drone, aerial, SPOT, Landsat …) without labels, from places that a known sensor has seen too. REFERENCES are images that the weights understand, one for each image of the new sensor and in the same order; without them, each image is averaged to larger pixels and taken as its own reference. BANDS and UNITS are those of the references. Numbers of 0 are chosen by the recipe. The weights serve embedding and training; the log says how well both sensors agree on held-out places.</source>
      <translation>Aprende pesos para otro sensor (dron, foto aérea, SPOT, Landsat…) sin etiquetas, a partir de lugares que también ha visto un sensor conocido. REFERENCES son imágenes que los pesos entienden, una por cada imagen del sensor nuevo y en el mismo orden; sin ellas, cada imagen se promedia a píxeles mayores y sirve como su propia referencia. BANDS y UNITS son las de las referencias. Los números 0 los elige la receta. Los pesos sirven para el embedding y el entrenamiento; el registro dice cuánto coinciden ambos sensores en lugares reservados.</translation>
    </message>
    <message>
      <source>Images of the new sensor</source>
      <translation>Imágenes del sensor nuevo</translation>
    </message>
    <message>
      <source>References: images of a known sensor, in the same order</source>
      <translation>Referencias: imágenes de un sensor conocido, en el mismo orden</translation>
    </message>
    <message>
      <source>Weights that understand the references (empty: the bundled ones)</source>
      <translation>Pesos que entienden las referencias (vacío: los incluidos)</translation>
    </message>
    <message>
      <source>How it learns</source>
      <translation>Cómo aprende</translation>
    </message>
    <message>
      <source>Steps (0: until held-out places gain no more)</source>
      <translation>Pasos (0: hasta que los lugares reservados no mejoren más)</translation>
    </message>
    <message>
      <source>Go on from the checkpoint of the run</source>
      <translation>Continuar desde el checkpoint de la ejecución</translation>
    </message>
    <message>
      <source>Bands of the new sensor that see the same light, like "B4=1, B3=2" (empty: by name or wavelength)</source>
      <translation>Bandas del sensor nuevo que ven la misma luz, como "B4=1, B3=2" (vacío: por nombre o longitud de onda)</translation>
    </message>
    <message>
      <source>Pixel size of references that are made (0: 10 m)</source>
      <translation>Tamaño de píxel de las referencias creadas (0: 10 m)</translation>
    </message>
    <message>
      <source>Pixel size that the new encoder works at (0: that of the images)</source>
      <translation>Tamaño de píxel con el que trabaja el codificador nuevo (0: el de las imágenes)</translation>
    </message>
    <message>
      <source>Ground that is hidden in both images of a pair</source>
      <translation>Terreno que se oculta en ambas imágenes de un par</translation>
    </message>
    <message>
      <source>Land cover: places with like classes shall look alike</source>
      <translation>Cobertura del suelo: los lugares con clases parecidas deben parecerse</translation>
    </message>
    <message>
      <source>Correct a shift between the images</source>
      <translation>Corregir un desplazamiento entre las imágenes</translation>
    </message>
    <message>
      <source>Start from random weights, for comparison</source>
      <translation>Empezar con pesos aleatorios, para comparar</translation>
    </message>
    <message>
      <source>Side of a window, in pixels of the reference</source>
      <translation>Lado de una ventana, en píxeles de la referencia</translation>
    </message>
    <message>
      <source>Batch</source>
      <translation>Lote</translation>
    </message>
    <message>
      <source>Seed</source>
      <translation>Semilla</translation>
    </message>
    <message>
      <source>Learning rate</source>
      <translation>Tasa de aprendizaje</translation>
    </message>
    <message>
      <source>Weights (*.safetensors)</source>
      <translation>Pesos (*.safetensors)</translation>
    </message>
    <message>
      <source>Weights</source>
      <translation>Pesos</translation>
    </message>
    <message>
      <source>Picture of the losses</source>
      <translation>Imagen de las pérdidas</translation>
    </message>
    <message>
      <source>Picture of pairs</source>
      <translation>Imagen de los pares</translation>
    </message>
    <message>
      <source>Steps</source>
      <translation>Pasos</translation>
    </message>
    <message>
      <source>Share of held-out places found again (retrieval@1)</source>
      <translation>Proporción de lugares reservados reencontrados (retrieval@1)</translation>
    </message>
    <message>
      <source>Cosine on held-out places</source>
      <translation>Coseno en lugares reservados</translation>
    </message>
    <message>
      <source>Share of held-out places found again before</source>
      <translation>Proporción de lugares reservados reencontrados antes</translation>
    </message>
    <message>
      <source>Cosine on held-out places before</source>
      <translation>Coseno en lugares reservados antes</translation>
    </message>
    <message>
      <source>{targets} images of the new sensor were given (INPUT), but {references} references (REFERENCES). Give one reference for each image, in the same order, or none.</source>
      <translation>Se indicaron {targets} imágenes del sensor nuevo (INPUT), pero {references} referencias (REFERENCES). Indique una referencia por imagen, en el mismo orden, o ninguna.</translation>
    </message>
    <message>
      <source>Accuracy and area of a map</source>
      <translation>Exactitud y superficie de un mapa</translation>
    </message>
    <message>
      <source>Compares a class map with independent sample points, such as those of "Draw sample points of a map": accuracy and area of each class, each with its interval.</source>
      <translation>Compara un mapa de clases con puntos de muestreo independientes, como los de "Generar puntos de muestreo de un mapa": exactitud y superficie de cada clase, cada una con su intervalo.</translation>
    </message>
    <message>
      <source>Class map</source>
      <translation>Mapa de clases</translation>
    </message>
    <message>
      <source>Sample points</source>
      <translation>Puntos de muestreo</translation>
    </message>
    <message>
      <source>Field with the true class</source>
      <translation>Campo con la clase verdadera</translation>
    </message>
    <message>
      <source>Report folder</source>
      <translation>Carpeta del informe</translation>
    </message>
    <message>
      <source>Report</source>
      <translation>Informe</translation>
    </message>
    <message>
      <source>Result in a sentence</source>
      <translation>Resultado en una frase</translation>
    </message>
    <message>
      <source>Check a model</source>
      <translation>Comprobar un modelo</translation>
    </message>
    <message>
      <source>Says what a model file is and whether it serves a scene: bands, units, weights, pixel size. Errors forbid its use, warnings make the map doubtful. Nothing is mapped.</source>
      <translation>Indica qué es un archivo de modelo y si sirve para una escena: bandas, unidades, pesos, tamaño de píxel. Los errores impiden su uso; las advertencias hacen dudoso el mapa. No se genera ningún mapa.</translation>
    </message>
    <message>
      <source>Model file</source>
      <translation>Archivo de modelo</translation>
    </message>
    <message>
      <source>Scene</source>
      <translation>Escena</translation>
    </message>
    <message>
      <source>Number of errors</source>
      <translation>Número de errores</translation>
    </message>
    <message>
      <source>Number of warnings</source>
      <translation>Número de advertencias</translation>
    </message>
    <message>
      <source>What was found</source>
      <translation>Lo que se encontró</translation>
    </message>
    <message>
      <source>Groups without labels</source>
      <translation>Grupos sin etiquetas</translation>
    </message>
    <message>
      <source>Groups the pixels of an embedding by k-means and writes the groups as a class raster, the largest first. With 0 groups the number is the one that the pixels suggest: the largest whose groups are nearly as clear as those of the best number (silhouette).</source>
      <translation>Agrupa los píxeles de un embedding por k-medias y escribe los grupos como ráster de clases, el mayor primero. Con 0 grupos, el número es el que sugieren los píxeles: el mayor cuyos grupos son casi tan nítidos como los del mejor número (silueta).</translation>
    </message>
    <message>
      <source>Embedding</source>
      <translation>Embedding</translation>
    </message>
    <message>
      <source>Groups (0: as many as the pixels suggest)</source>
      <translation>Grupos (0: los que sugieran los píxeles)</translation>
    </message>
    <message>
      <source>Greatest number that may be suggested</source>
      <translation>Número máximo que se puede sugerir</translation>
    </message>
    <message>
      <source>Extent</source>
      <translation>Extensión</translation>
    </message>
    <message>
      <source>Groups</source>
      <translation>Grupos</translation>
    </message>
    <message>
      <source>Groups found</source>
      <translation>Grupos encontrados</translation>
    </message>
    <message>
      <source>Compare two class maps</source>
      <translation>Comparar dos mapas de clases</translation>
    </message>
    <message>
      <source>Shows where two class maps of the same ground differ, from which class to which. The second is read on the grid of the first. Classes are told by their names, else by their values. The table has the area of each pair of classes.</source>
      <translation>Muestra dónde difieren dos mapas de clases del mismo terreno, y de qué clase a cuál. El segundo se lee en la cuadrícula del primero. Las clases se reconocen por su nombre o, si no lo tienen, por su valor. La tabla contiene la superficie de cada par de clases.</translation>
    </message>
    <message>
      <source>First class map</source>
      <translation>Primer mapa de clases</translation>
    </message>
    <message>
      <source>Second class map</source>
      <translation>Segundo mapa de clases</translation>
    </message>
    <message>
      <source>Differences</source>
      <translation>Diferencias</translation>
    </message>
    <message>
      <source>Table of areas</source>
      <translation>Tabla de superficies</translation>
    </message>
    <message>
      <source>CSV files (*.csv)</source>
      <translation>Archivos CSV (*.csv)</translation>
    </message>
    <message>
      <source>Share of the area with the same class</source>
      <translation>Proporción de la superficie con la misma clase</translation>
    </message>
    <message>
      <source>{area} ha: {first} → {second}</source>
      <translation>{area} ha: {first} → {second}</translation>
    </message>
    <message>
      <source>Download MMEarth weights</source>
      <translation>Descargar pesos de MMEarth</translation>
    </message>
    <message>
      <source>Fetches one of the checkpoints that the authors of MMEarth published and converts it to a weights file. They come under a licence that forbids commercial use; without ACCEPT_LICENCE the algorithm shows it and stops. The MMEarth panel lists the names.</source>
      <translation>Descarga uno de los checkpoints publicados por los autores de MMEarth y lo convierte en un archivo de pesos. Su licencia prohíbe el uso comercial; sin ACCEPT_LICENCE, el algoritmo la muestra y se detiene. El panel MMEarth enumera los nombres.</translation>
    </message>
    <message>
      <source>Name of the checkpoint</source>
      <translation>Nombre del checkpoint</translation>
    </message>
    <message>
      <source>I agree to the licence of the checkpoint</source>
      <translation>Acepto la licencia del checkpoint</translation>
    </message>
    <message>
      <source>Folder for the weights (empty: that of the user)</source>
      <translation>Carpeta de los pesos (vacío: la del usuario)</translation>
    </message>
    <message>
      <source>Draw sample points of a map</source>
      <translation>Generar puntos de muestreo de un mapa</translation>
    </message>
    <message>
      <source>Draws points at random inside each class of a class map. Fill in their field "class" without looking at the map, then use "Accuracy and area of a map".</source>
      <translation>Genera puntos al azar dentro de cada clase de un mapa de clases. Rellene su campo "class" sin mirar el mapa y use después "Exactitud y superficie de un mapa".</translation>
    </message>
    <message>
      <source>Points of each class</source>
      <translation>Puntos de cada clase</translation>
    </message>
    <message>
      <source>Embed a raster</source>
      <translation>Embeber un ráster</translation>
    </message>
    <message>
      <source>Computes an embedding of a Sentinel-2 raster with a pretrained encoder: for each pixel a vector that says what it and its surroundings look like. The result is a GeoTIFF on the raster's grid. A run that was interrupted goes on where it stopped; the same run again is answered from a cache.</source>
      <translation>Calcula el embedding de un ráster Sentinel-2 con un codificador preentrenado: para cada píxel, un vector que describe el aspecto del píxel y de su entorno. El resultado es un GeoTIFF en la cuadrícula del ráster. Una ejecución interrumpida continúa donde se detuvo; la misma ejecución repetida se sirve desde una caché.</translation>
    </message>
    <message>
      <source>Data type</source>
      <translation>Tipo de datos</translation>
    </message>
    <message>
      <source>Taken from the cache.</source>
      <translation>Tomado de la caché.</translation>
    </message>
    <message>
      <source>Embedding of polygons or points</source>
      <translation>Embedding de polígonos o puntos</translation>
    </message>
    <message>
      <source>Computes the embedding of a Sentinel-2 raster for polygons or points only: the mean over each polygon, the value at each point. The result is a table with their geometry and one column a component, as GeoPackage (.gpkg) or GeoParquet (.parquet; not every QGIS can open it).</source>
      <translation>Calcula el embedding de un ráster Sentinel-2 solo para polígonos o puntos: la media en cada polígono, el valor en cada punto. El resultado es una tabla con su geometría y una columna por componente, como GeoPackage (.gpkg) o GeoParquet (.parquet; no todos los QGIS pueden abrirlo).</translation>
    </message>
    <message>
      <source>Polygons or points</source>
      <translation>Polígonos o puntos</translation>
    </message>
    <message>
      <source>Table of embeddings</source>
      <translation>Tabla de embeddings</translation>
    </message>
    <message>
      <source>Further bands of the same scene</source>
      <translation>Otras bandas de la misma escena</translation>
    </message>
    <message>
      <source>Output cell, in pixels</source>
      <translation>Celda de salida, en píxeles</translation>
    </message>
    <message>
      <source>Components (0: all channels)</source>
      <translation>Componentes (0: todos los canales)</translation>
    </message>
    <message>
      <source>Principal components of the weights or of this scene</source>
      <translation>Componentes principales de los pesos o de esta escena</translation>
    </message>
    <message>
      <source>Normalisation: statistics of the weights, the scene or each tile</source>
      <translation>Normalización: estadísticas de los pesos, de la escena o de cada tesela</translation>
    </message>
    <message>
      <source>Encoder stages, 0 (finest) to 3 (coarsest)</source>
      <translation>Etapas del codificador, de 0 (más fina) a 3 (más gruesa)</translation>
    </message>
    <message>
      <source>Weights (empty: the bundled ones)</source>
      <translation>Pesos (vacío: los incluidos)</translation>
    </message>
    <message>
      <source>Tiles, in pixels, a multiple of 256 (0: automatic)</source>
      <translation>Teselas, en píxeles, múltiplo de 256 (0: automático)</translation>
    </message>
    <message>
      <source>Processor threads (0: all)</source>
      <translation>Hilos del procesador (0: todos)</translation>
    </message>
    <message>
      <source>Memory limit in MB (0: 2000)</source>
      <translation>Límite de memoria en MB (0: 2000)</translation>
    </message>
    <message>
      <source>Go on where an interrupted run stopped</source>
      <translation>Continuar donde se detuvo una ejecución interrumpida</translation>
    </message>
    <message>
      <source>Take the result from the cache if it is there, and keep it there</source>
      <translation>Tomar el resultado de la caché si está allí, y conservarlo en ella</translation>
    </message>
    <message>
      <source>Dask cluster: "tcp://host:port", or "local:N" for N processes (empty: none)</source>
      <translation>Clúster Dask: "tcp://host:puerto", o "local:N" para N procesos (vacío: ninguno)</translation>
    </message>
    <message>
      <source>Stages "{found}" were not understood. Write them like "0,1,2,3".</source>
      <translation>No se entendieron las etapas "{found}". Escríbalas como "0,1,2,3".</translation>
    </message>
    <message>
      <source>Compare weights on a benchmark</source>
      <translation>Comparar pesos en una prueba de referencia</translation>
    </message>
    <message>
      <source>Compares encoders on a data set in the GEO-Bench layout: nearest neighbours, a linear probe and fine-tuning, with several seeds. Writes one table with means and spread. Models are weights files, "timm:NAME", "random" (the same network without pretraining) and "bands" (mean and spread of each band, no network).</source>
      <translation>Compara codificadores en un conjunto de datos con la estructura de GEO-Bench: vecinos más cercanos, una sonda lineal y ajuste fino, con varias semillas. Escribe una tabla con medias y dispersión. Los modelos son archivos de pesos, "timm:NAME", "random" (la misma red sin preentrenar) y "bands" (media y dispersión de cada banda, sin red).</translation>
    </message>
    <message>
      <source>Folder of the data set</source>
      <translation>Carpeta del conjunto de datos</translation>
    </message>
    <message>
      <source>Models, separated by semicolons (empty: the bundled weights, random, bands)</source>
      <translation>Modelos, separados por punto y coma (vacío: los pesos incluidos, random, bands)</translation>
    </message>
    <message>
      <source>Evaluations</source>
      <translation>Evaluaciones</translation>
    </message>
    <message>
      <source>Partitions with the training samples, separated by semicolons (empty: default)</source>
      <translation>Particiones con las muestras de entrenamiento, separadas por punto y coma (vacío: la predeterminada)</translation>
    </message>
    <message>
      <source>Seeds</source>
      <translation>Semillas</translation>
    </message>
    <message>
      <source>Epochs (0: as published)</source>
      <translation>Épocas (0: como se publicó)</translation>
    </message>
    <message>
      <source>Batch (0: as published)</source>
      <translation>Lote (0: como se publicó)</translation>
    </message>
    <message>
      <source>Device: auto, cpu, cuda, cuda:1 or mps</source>
      <translation>Dispositivo: auto, cpu, cuda, cuda:1 o mps</translation>
    </message>
    <message>
      <source>Folder for the table</source>
      <translation>Carpeta de la tabla</translation>
    </message>
    <message>
      <source>Table (.csv)</source>
      <translation>Tabla (.csv)</translation>
    </message>
    <message>
      <source>Table to read (.md)</source>
      <translation>Tabla para leer (.md)</translation>
    </message>
    <message>
      <source>Export a map</source>
      <translation>Exportar un mapa</translation>
    </message>
    <message>
      <source>Writes a class map, a map of numbers or an embedding once more as a cloud-optimised GeoTIFF in another coordinate system or pixel size, with its colours and names; or the areas of its classes as polygons. Classes take the nearest pixel; numbers are averaged or interpolated.</source>
      <translation>Vuelve a escribir un mapa de clases, un mapa de números o un embedding como GeoTIFF optimizado para la nube, en otro sistema de coordenadas o tamaño de píxel, con sus colores y nombres; o las áreas de sus clases como polígonos. Las clases toman el píxel más cercano; los números se promedian o se interpolan.</translation>
    </message>
    <message>
      <source>Map</source>
      <translation>Mapa</translation>
    </message>
    <message>
      <source>Coordinate system (empty: as the map)</source>
      <translation>Sistema de coordenadas (vacío: el del mapa)</translation>
    </message>
    <message>
      <source>Pixel size in units of that system (0: as the map)</source>
      <translation>Tamaño de píxel en unidades de ese sistema (0: el del mapa)</translation>
    </message>
    <message>
      <source>Raster</source>
      <translation>Ráster</translation>
    </message>
    <message>
      <source>Class polygons</source>
      <translation>Polígonos de clases</translation>
    </message>
    <message>
      <source>No output is chosen. Choose a raster, polygons, or both.</source>
      <translation>No se ha elegido ninguna salida. Elija un ráster, polígonos o ambos.</translation>
    </message>
    <message>
      <source>Train from a few polygons</source>
      <translation>Entrenar con pocos polígonos</translation>
    </message>
    <message>
      <source>Learns classes, or a number, from a few labelled polygons, and says how good it is on polygons that it did not see, beside two simple baselines. A field of decimal numbers is estimated (regression), anything else is a class; polygons of "not forest" are anything but forest. Writes a report, and a model file for the algorithm "Predict with a model".</source>
      <translation>Aprende clases, o un número, a partir de unos pocos polígonos etiquetados e indica su calidad en polígonos que no vio, junto a dos referencias sencillas. Un campo de números decimales se estima (regresión); cualquier otro es una clase; los polígonos de "not forest" son cualquier cosa menos "forest". Escribe un informe y un archivo de modelo para el algoritmo "Predecir con un modelo".</translation>
    </message>
    <message>
      <source>Scenes</source>
      <translation>Escenas</translation>
    </message>
    <message>
      <source>Label polygons</source>
      <translation>Polígonos etiquetados</translation>
    </message>
    <message>
      <source>Field of the class, or of the number to estimate</source>
      <translation>Campo de la clase, o del número que se estima</translation>
    </message>
    <message>
      <source>Values of the field to ignore, separated by semicolons</source>
      <translation>Valores del campo que se ignoran, separados por punto y coma</translation>
    </message>
    <message>
      <source>Classes, or a number to estimate (auto: the field tells)</source>
      <translation>Clases o un número que se estima (auto: lo decide el campo)</translation>
    </message>
    <message>
      <source>Classifier (recipe: the recommended one)</source>
      <translation>Clasificador (recipe: el recomendado)</translation>
    </message>
    <message>
      <source>What is held out together for the score</source>
      <translation>Qué se reserva junto para la puntuación</translation>
    </message>
    <message>
      <source>Use the features of an encoder</source>
      <translation>Usar las características de un codificador</translation>
    </message>
    <message>
      <source>Models (*.zip)</source>
      <translation>Modelos (*.zip)</translation>
    </message>
    <message>
      <source>Macro F1 on held-out polygons</source>
      <translation>Macro F1 en polígonos reservados</translation>
    </message>
    <message>
      <source>Macro F1 of raw bands</source>
      <translation>Macro F1 de las bandas originales</translation>
    </message>
    <message>
      <source>Macro F1 of the majority class</source>
      <translation>Macro F1 de la clase mayoritaria</translation>
    </message>
    <message>
      <source>R² of a regression on held-out polygons</source>
      <translation>R² de una regresión en polígonos reservados</translation>
    </message>
    <message>
      <source>Typical error (RMSE) of a regression</source>
      <translation>Error típico (RMSE) de una regresión</translation>
    </message>
    <message>
      <source>R² on held-out polygons: {r2}; typical error (RMSE): {rmse}</source>
      <translation>R² en polígonos reservados: {r2}; error típico (RMSE): {rmse}</translation>
    </message>
    <message>
      <source>Macro F1 on held-out polygons: {score}; raw bands: {raw}; majority: {majority}</source>
      <translation>Macro F1 en polígonos reservados: {score}; bandas originales: {raw}; clase mayoritaria: {majority}</translation>
    </message>
    <message>
      <source>Fine-tune a network</source>
      <translation>Ajuste fino de una red</translation>
    </message>
    <message>
      <source>Trains a network on many labelled polygons, on class rasters (masks) or on a table of scenes, and says how good it is on labels that it did not see, beside two simple baselines. RUNG says how much is trained; auto trains more as long as that helps. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same model file. The model serves the algorithm "Predict with a model".</source>
      <translation>Entrena una red con muchos polígonos etiquetados, con rásteres de clases (máscaras) o con una tabla de escenas, e indica su calidad en etiquetas que no vio, junto a dos referencias sencillas. RUNG indica cuánto se entrena; auto entrena más mientras eso ayude. Los números 0 los elige la receta. Una ejecución detenida continúa con RESUME y el mismo archivo de modelo. El modelo sirve para el algoritmo "Predecir con un modelo".</translation>
    </message>
    <message>
      <source>Field of the class</source>
      <translation>Campo de la clase</translation>
    </message>
    <message>
      <source>Folder of masks (class rasters named like their scenes), instead of polygons</source>
      <translation>Carpeta de máscaras (rásteres de clases con el nombre de sus escenas), en lugar de polígonos</translation>
    </message>
    <message>
      <source>Table of whole scenes (.csv with the columns "scene" and "class"), instead of polygons</source>
      <translation>Tabla de escenas enteras (.csv con las columnas "scene" y "class"), en lugar de polígonos</translation>
    </message>
    <message>
      <source>Task</source>
      <translation>Tarea</translation>
    </message>
    <message>
      <source>What is trained</source>
      <translation>Qué se entrena</translation>
    </message>
    <message>
      <source>Epochs</source>
      <translation>Épocas</translation>
    </message>
    <message>
      <source>What a classification classifies</source>
      <translation>Qué clasifica una clasificación</translation>
    </message>
    <message>
      <source>Recipe (mmearth: as its authors fine-tune)</source>
      <translation>Receta (mmearth: como la usan sus autores en el ajuste fino)</translation>
    </message>
    <message>
      <source>Side of a cell, in pixels</source>
      <translation>Lado de una celda, en píxeles</translation>
    </message>
    <message>
      <source>Values of the field list several classes, separated by ";"</source>
      <translation>Los valores del campo enumeran varias clases, separadas por ";"</translation>
    </message>
    <message>
      <source>Values to ignore, separated by semicolons</source>
      <translation>Valores que se ignoran, separados por punto y coma</translation>
    </message>
    <message>
      <source>Share of the labels that is held out</source>
      <translation>Proporción de las etiquetas que se reserva</translation>
    </message>
    <message>
      <source>Crops at once on the device</source>
      <translation>Recortes a la vez en el dispositivo</translation>
    </message>
    <message>
      <source>Picture of the curves</source>
      <translation>Imagen de las curvas</translation>
    </message>
    <message>
      <source>What was trained</source>
      <translation>Qué se entrenó</translation>
    </message>
    <message>
      <source>Macro F1 on held-out labels</source>
      <translation>Macro F1 en etiquetas reservadas</translation>
    </message>
    <message>
      <source>Labels come from polygons (LABELS), masks (MASKS) or a table (TABLE); {found} was given. Give one.</source>
      <translation>Las etiquetas proceden de polígonos (LABELS), máscaras (MASKS) o una tabla (TABLE); indicado: {found}. Indique una sola fuente.</translation>
    </message>
    <message>
      <source>none</source>
      <translation>ninguno</translation>
    </message>
    <message>
      <source>Macro F1 on held-out labels: {score}; raw bands: {raw}; majority: {majority}; trained: {rung}</source>
      <translation>Macro F1 en etiquetas reservadas: {score}; bandas originales: {raw}; clase mayoritaria: {majority}; entrenado: {rung}</translation>
    </message>
    <message>
      <source>Install the backend</source>
      <translation>Instalar el backend</translation>
    </message>
    <message>
      <source>Downloads or updates what MMEarth computes with, in an environment of its own, and tests it; does nothing where that was done before. Folder, graphics card and package index are those of the page "Backend" of the MMEarth panel.</source>
      <translation>Descarga o actualiza lo que MMEarth necesita para calcular, en un entorno propio, y lo prueba; no hace nada si ya se hizo antes. La carpeta, la tarjeta gráfica y el índice de paquetes son los de la página "Backend" del panel MMEarth.</translation>
    </message>
    <message>
      <source>Offline bundle (empty: download)</source>
      <translation>Archivo sin conexión (vacío: descargar)</translation>
    </message>
    <message>
      <source>Python of the backend</source>
      <translation>Python del backend</translation>
    </message>
    <message>
      <source>Outlines of a range of values</source>
      <translation>Contornos de un rango de valores</translation>
    </message>
    <message>
      <source>Draws polygons around the pixels of a raster of one band whose value lies between two bounds, the largest first: of similar places, of a group, of a class. Holes of fewer than 8 pixels are filled. Similarity is stored as 0 to 254 for 0 to 1: a threshold of 0.6 is the value 152.</source>
      <translation>Dibuja polígonos alrededor de los píxeles de un ráster de una banda cuyo valor está entre dos límites, los mayores primero: de lugares similares, de un grupo, de una clase. Se rellenan los huecos de menos de 8 píxeles. La similitud se guarda de 0 a 254 para 0 a 1: un umbral de 0,6 es el valor 152.</translation>
    </message>
    <message>
      <source>Raster with one band</source>
      <translation>Ráster de una banda</translation>
    </message>
    <message>
      <source>Least value that is inside</source>
      <translation>Valor mínimo que queda dentro</translation>
    </message>
    <message>
      <source>Greatest value that is inside</source>
      <translation>Valor máximo que queda dentro</translation>
    </message>
    <message>
      <source>Leave out areas of fewer pixels</source>
      <translation>Omitir áreas de menos píxeles</translation>
    </message>
    <message>
      <source>Keep the largest of them only (0: all)</source>
      <translation>Conservar solo las mayores (0: todas)</translation>
    </message>
    <message>
      <source>How far the outline may leave the edges of pixels, in pixels</source>
      <translation>Cuánto puede apartarse el contorno de los bordes de los píxeles, en píxeles</translation>
    </message>
    <message>
      <source>Outlines</source>
      <translation>Contornos</translation>
    </message>
    <message>
      <source>Polygons</source>
      <translation>Polígonos</translation>
    </message>
    <message>
      <source>Predict with a model</source>
      <translation>Predecir con un modelo</translation>
    </message>
    <message>
      <source>Maps a scene with a model of "Train from a few polygons" or "Fine-tune a network": classes or values, on demand how sure each pixel is, polygons of the classes, and polygons of your own (fields, buildings) classified as wholes. A network that was fine-tuned to classify polygons or scenes as wholes gives no map: skip it, and name a file for the classified polygons.</source>
      <translation>Cartografía una escena con un modelo de "Entrenar con pocos polígonos" o "Ajuste fino de una red": clases o valores y, si se pide, lo seguro que es cada píxel, polígonos de las clases y polígonos propios (campos, edificios) clasificados enteros. Una red ajustada para clasificar polígonos o escenas enteros no da ningún mapa: omítalo e indique un archivo para los polígonos clasificados.</translation>
    </message>
    <message>
      <source>Polygons of yours to classify</source>
      <translation>Polígonos propios que se clasifican</translation>
    </message>
    <message>
      <source>Polygons: smaller areas join a neighbour, pixels</source>
      <translation>Polígonos: las áreas menores se unen a una vecina, píxeles</translation>
    </message>
    <message>
      <source>Polygons: smaller ones are left out, m²</source>
      <translation>Polígonos: los menores se omiten, m²</translation>
    </message>
    <message>
      <source>Polygons: tolerance of the outline, pixels</source>
      <translation>Polígonos: tolerancia del contorno, píxeles</translation>
    </message>
    <message>
      <source>Classes or values</source>
      <translation>Clases o valores</translation>
    </message>
    <message>
      <source>Confidence</source>
      <translation>Confianza</translation>
    </message>
    <message>
      <source>Probability of each class</source>
      <translation>Probabilidad de cada clase</translation>
    </message>
    <message>
      <source>Margin</source>
      <translation>Margen</translation>
    </message>
    <message>
      <source>Entropy</source>
      <translation>Entropía</translation>
    </message>
    <message>
      <source>Unlike anything labelled</source>
      <translation>Distinto de todo lo etiquetado</translation>
    </message>
    <message>
      <source>90 % interval of a regression</source>
      <translation>Intervalo del 90 % de una regresión</translation>
    </message>
    <message>
      <source>Classified polygons</source>
      <translation>Polígonos clasificados</translation>
    </message>
    <message>
      <source>Nothing to write: both the map and the classified polygons are skipped. Name a file for one.</source>
      <translation>No hay nada que escribir: se omiten tanto el mapa como los polígonos clasificados. Indique un archivo para uno de los dos.</translation>
    </message>
    <message>
      <source>Pretrain weights</source>
      <translation>Preentrenar pesos</translation>
    </message>
    <message>
      <source>Pretrains an encoder without labels: parts of the images are hidden, and it learns to predict them and further layers on the same ground. Data are rasters with Sentinel-2 bands or a folder in the MMEarth layout. Numbers of 0 are chosen by the recipe. A run that was stopped goes on with RESUME and the same weights file. The weights serve embedding and training.</source>
      <translation>Preentrena un codificador sin etiquetas: se ocultan partes de las imágenes y el codificador aprende a predecirlas, junto con otras capas del mismo terreno. Los datos son rásteres con bandas de Sentinel-2 o una carpeta con la estructura de MMEarth. Los números 0 los elige la receta. Una ejecución detenida continúa con RESUME y el mismo archivo de pesos. Los pesos sirven para embeber y entrenar.</translation>
    </message>
    <message>
      <source>Rasters to learn from</source>
      <translation>Rásteres de los que aprender</translation>
    </message>
    <message>
      <source>Further layers with continuous values</source>
      <translation>Otras capas con valores continuos</translation>
    </message>
    <message>
      <source>Further layers with classes</source>
      <translation>Otras capas con clases</translation>
    </message>
    <message>
      <source>Folder in the MMEarth layout, instead of rasters</source>
      <translation>Carpeta con la estructura de MMEarth, en lugar de rásteres</translation>
    </message>
    <message>
      <source>Encoder</source>
      <translation>Codificador</translation>
    </message>
    <message>
      <source>Weights to start from (empty: random)</source>
      <translation>Pesos iniciales (vacío: aleatorios)</translation>
    </message>
    <message>
      <source>Recipe</source>
      <translation>Receta</translation>
    </message>
    <message>
      <source>Patch, in pixels</source>
      <translation>Parche, en píxeles</translation>
    </message>
    <message>
      <source>Weights of the tasks</source>
      <translation>Pesos de las tareas</translation>
    </message>
    <message>
      <source>Tasks (empty: all)</source>
      <translation>Tareas (vacío: todas)</translation>
    </message>
    <message>
      <source>Steps, instead of epochs</source>
      <translation>Pasos, en lugar de épocas</translation>
    </message>
    <message>
      <source>Mask ratio</source>
      <translation>Ratio de máscara</translation>
    </message>
    <message>
      <source>Learn to do without some bands</source>
      <translation>Aprender a prescindir de algunas bandas</translation>
    </message>
    <message>
      <source>Reproduce the authors' code where it differs from their paper</source>
      <translation>Reproducir el código de los autores donde difiere de su artículo</translation>
    </message>
    <message>
      <source>Final loss</source>
      <translation>Pérdida final</translation>
    </message>
    <message>
      <source>both</source>
      <translation>ambas cosas</translation>
    </message>
    <message>
      <source>neither</source>
      <translation>ninguna de las dos</translation>
    </message>
    <message>
      <source>Give rasters (INPUT) or a folder in the MMEarth layout (FOLDER); {found} was given.</source>
      <translation>Indique rásteres (INPUT) o una carpeta con la estructura de MMEarth (FOLDER); indicado: {found}.</translation>
    </message>
    <message>
      <source>Similar places</source>
      <translation>Lugares similares</translation>
    </message>
    <message>
      <source>Maps how like some places every pixel of an embedding is, without any training. What is looked for are points, polygons, or both; points that are not meant push away what is like them. The values 0 to 254 stand for a similarity of 0 to 1; 255 is nodata. The threshold that comes with the result is a first guess at where the places that are meant begin.</source>
      <translation>Cartografía cuánto se parece cada píxel de un embedding a unos lugares, sin ningún entrenamiento. Lo que se busca son puntos, polígonos o ambos; los puntos de lo que no se busca apartan lo que se les parece. Los valores de 0 a 254 representan una similitud de 0 a 1; 255 es sin datos. El umbral que acompaña al resultado es una primera estimación de dónde empiezan los lugares buscados.</translation>
    </message>
    <message>
      <source>Points of what is looked for</source>
      <translation>Puntos de lo que se busca</translation>
    </message>
    <message>
      <source>Points of what is not meant</source>
      <translation>Puntos de lo que no se busca</translation>
    </message>
    <message>
      <source>Polygons of what is looked for</source>
      <translation>Polígonos de lo que se busca</translation>
    </message>
    <message>
      <source>First threshold, 0 to 1</source>
      <translation>Primer umbral, de 0 a 1</translation>
    </message>
    <message>
      <source>Point {number} cannot be expressed in the CRS of the embedding: {error} Remove it.</source>
      <translation>El punto {number} no se puede expresar en el SRC del embedding: {error} Elimínelo.</translation>
    </message>
    <message>
      <source>Where to label next</source>
      <translation>Dónde etiquetar a continuación</translation>
    </message>
    <message>
      <source>Finds places that would teach a model most and says why: where it is uncertain, where the ground is unlike anything labelled, where a rare class may be. The points lie apart from each other and from the polygons that there are.</source>
      <translation>Busca los lugares que más enseñarían a un modelo e indica por qué: dónde está inseguro, dónde el terreno es distinto de todo lo etiquetado, dónde puede haber una clase rara. Los puntos quedan separados entre sí y de los polígonos existentes.</translation>
    </message>
    <message>
      <source>Points</source>
      <translation>Puntos</translation>
    </message>
    <message>
      <source>Label polygons that there are</source>
      <translation>Polígonos etiquetados existentes</translation>
    </message>
    <message>
      <source>Only inside</source>
      <translation>Solo dentro de</translation>
    </message>
    <message>
      <source>Band mapping, like "B2=1, B3=2" (empty: by name, wavelength or order)</source>
      <translation>Asignación de bandas, como "B2=1, B3=2" (vacío: por nombre, longitud de onda u orden)</translation>
    </message>
    <message>
      <source>Units</source>
      <translation>Unidades</translation>
    </message>
    <message>
      <source>Precision of the encoder</source>
      <translation>Precisión del codificador</translation>
    </message>
    <message>
      <source>Further layers that the model sees (elevation, an index), always in the same order</source>
      <translation>Otras capas que ve el modelo (elevación, un índice), siempre en el mismo orden</translation>
    </message>
    <message>
      <source>The whole log is in "{path}".</source>
      <translation>El registro completo está en "{path}".</translation>
    </message>
    <message>
      <source>Starting the backend: {python}</source>
      <translation>Iniciando el backend: {python}</translation>
    </message>
    <message>
      <source>The backend wrote a line that is no message: {error}</source>
      <translation>El backend escribió una línea que no es un mensaje: {error}</translation>
    </message>
    <message>
      <source>Ignored a message of the backend: {event}</source>
      <translation>Se ignoró un mensaje del backend: {event}</translation>
    </message>
    <message>
      <source>The backend speaks protocol version {found}; this plugin wants version {wanted}.</source>
      <translation>El backend usa la versión {found} del protocolo; este complemento necesita la versión {wanted}.</translation>
    </message>
    <message>
      <source>The backend started but said nothing for {n} s.</source>
      <translation>El backend se inició, pero no respondió durante {n} s.</translation>
    </message>
    <message>
      <source>The backend does not stop by itself: ending it.</source>
      <translation>El backend no se detiene por sí mismo: se va a terminar.</translation>
    </message>
    <message>
      <source>The Python of the backend cannot be started: "{python}".</source>
      <translation>No se puede iniciar el Python del backend: "{python}".</translation>
    </message>
    <message>
      <source>The backend ended ({how}).</source>
      <translation>El backend terminó ({how}).</translation>
    </message>
    <message>
      <source>The backend ended in the middle of the work ({how}).</source>
      <translation>El backend terminó en mitad del trabajo ({how}).</translation>
    </message>
    <message>
      <source>The backend ended before it was ready ({how}): {reason}.</source>
      <translation>El backend terminó antes de estar listo ({how}): {reason}.</translation>
    </message>
    <message>
      <source>exit code {code}</source>
      <translation>código de salida {code}</translation>
    </message>
    <message>
      <source>crashed, code {code}</source>
      <translation>fallo inesperado, código {code}</translation>
    </message>
    <message>
      <source>ended by signal {number}</source>
      <translation>terminado por la señal {number}</translation>
    </message>
    <message>
      <source>Cancelled.</source>
      <translation>Cancelado.</translation>
    </message>
    <message>
      <source>The colours of "{name}" are changed on the map, but not in its style file: {message}</source>
      <translation>Los colores de "{name}" se cambiaron en el mapa, pero no en su archivo de estilo: {message}</translation>
    </message>
    <message>
      <source>Merge class "{name}" into "{target}"</source>
      <translation>Fusionar la clase "{name}" con "{target}"</translation>
    </message>
    <message>
      <source>all</source>
      <translation>todos</translation>
    </message>
    <message>
      <source>Of the {n} polygons of class "{name}", {found} are selected. Select on the map some to split off.</source>
      <translation>Polígonos seleccionados de los {n} de la clase "{name}": {found}. Seleccione en el mapa algunos de ellos para separarlos.</translation>
    </message>
    <message>
      <source>Split class "{name}"</source>
      <translation>Dividir la clase "{name}"</translation>
    </message>
    <message>
      <source>Delete the polygons of class "{name}"</source>
      <translation>Eliminar los polígonos de la clase "{name}"</translation>
    </message>
    <message>
      <source>Polygons of layer "{name}" cannot be deleted. Choose a layer that you may write to.</source>
      <translation>No se pueden eliminar polígonos de la capa "{name}". Elija una capa en la que pueda escribir.</translation>
    </message>
    <message>
      <source>Rename classes</source>
      <translation>Renombrar clases</translation>
    </message>
    <message>
      <source>Field "{field}" of layer "{name}" cannot be changed to "{value}". Choose a class field that is stored in the layer and long enough.</source>
      <translation>El campo "{field}" de la capa "{name}" no se puede cambiar a "{value}". Elija un campo de clase que esté guardado en la capa y tenga longitud suficiente.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited. Choose a layer that you may write to, or save a copy of it.</source>
      <translation>La capa "{name}" no se puede editar. Elija una capa en la que pueda escribir o guarde una copia de ella.</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 1</source>
      <translation>CORINE Land Cover, nivel 1</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 2</source>
      <translation>CORINE Land Cover, nivel 2</translation>
    </message>
    <message>
      <source>CORINE Land Cover, level 3</source>
      <translation>CORINE Land Cover, nivel 3</translation>
    </message>
    <message>
      <source>EUNIS habitats, level 1</source>
      <translation>Hábitats EUNIS, nivel 1</translation>
    </message>
    <message>
      <source>EUNIS habitats, level 2</source>
      <translation>Hábitats EUNIS, nivel 2</translation>
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
      <translation>"{path}" es un archivo de entrenamiento de SCP, que no se puede leer. Guarde su lista de clases como CSV e impórtela.</translation>
    </message>
    <message>
      <source>"{path}" lists no class. Choose a CSV file with the columns value, name and color, or a QML style.</source>
      <translation>"{path}" no contiene ninguna clase. Elija un archivo CSV con las columnas value, name y color, o un estilo QML.</translation>
    </message>
    <message>
      <source>"{path}" lists {n} classes; at most {most} are wanted. Choose another file.</source>
      <translation>"{path}" contiene {n} clases; se admiten {most} como máximo. Elija otro archivo.</translation>
    </message>
    <message>
      <source>"{path}" gives value {value} to both "{a}" and "{b}". Give each class a value of its own.</source>
      <translation>"{path}" da el valor {value} tanto a "{a}" como a "{b}". Dé a cada clase un valor propio.</translation>
    </message>
    <message>
      <source>"{path}" cannot be written ({reason}). Choose another folder.</source>
      <translation>No se puede escribir "{path}" ({reason}). Elija otra carpeta.</translation>
    </message>
    <message>
      <source>"{path}" is too large for a class list ({n} MB). Choose another file.</source>
      <translation>"{path}" es demasiado grande para una lista de clases ({n} MB). Elija otro archivo.</translation>
    </message>
    <message>
      <source>"{path}" cannot be read ({reason}). Choose another file.</source>
      <translation>No se puede leer "{path}" ({reason}). Elija otro archivo.</translation>
    </message>
    <message>
      <source>"{path}" is not a text file. Choose a CSV or QML file.</source>
      <translation>"{path}" no es un archivo de texto. Elija un archivo CSV o QML.</translation>
    </message>
    <message>
      <source>"{path}" is not a table that can be read ({error}). Save it again as CSV.</source>
      <translation>"{path}" no es una tabla que se pueda leer ({error}). Guárdela de nuevo como CSV.</translation>
    </message>
    <message>
      <source>"{path}" has the columns {found}; wanted are value, name and color. Name them in the first line.</source>
      <translation>"{path}" tiene las columnas {found}; se necesitan value, name y color. Póngalas en la primera línea.</translation>
    </message>
    <message>
      <source>"{path}" has the colour "{color}" for "{name}". Write colours like #1b9e3f.</source>
      <translation>"{path}" contiene el color "{color}" para "{name}". Escriba los colores como #1b9e3f.</translation>
    </message>
    <message>
      <source>"{path}" is not a QML style that can be read. Save it again from QGIS.</source>
      <translation>"{path}" no es un estilo QML que se pueda leer. Guárdelo de nuevo desde QGIS.</translation>
    </message>
    <message>
      <source>{n} classes added, {k} renamed or recoloured.</source>
      <translation>{n} clases añadidas, {k} renombradas o recoloreadas.</translation>
    </message>
    <message>
      <source>Not in the file, kept because of their polygons: {names}.</source>
      <translation>No están en el archivo, pero se conservan por sus polígonos: {names}.</translation>
    </message>
    <message>
      <source>More than one class is called {names}: rename one, or merge them (right-click).</source>
      <translation>Más de una clase se llama {names}: cambie el nombre de una o fusiónelas (clic derecho).</translation>
    </message>
    <message>
      <source>New class "{name}"</source>
      <translation>Nueva clase "{name}"</translation>
    </message>
    <message>
      <source>{n} polygons are now "{name}". Undo takes them back.</source>
      <translation>{n} polígonos son ahora "{name}". Deshacer los recupera.</translation>
    </message>
    <message>
      <source>Points of layer "{name}" cannot be brought to the CRS of the scene: {error} Set its CRS.</source>
      <translation>Los puntos de la capa "{name}" no se pueden llevar al SRC de la escena: {error} Asigne su SRC.</translation>
    </message>
    <message>
      <source>The polygons of "{name}" could not be written to "{path}": {message} Save the layer to a file.</source>
      <translation>Los polígonos de "{name}" no se pudieron escribir en "{path}": {message} Guarde la capa en un archivo.</translation>
    </message>
    <message>
      <source>"{path}" holds no polygons. Choose another place or threshold.</source>
      <translation>"{path}" no contiene polígonos. Elija otro lugar u otro umbral.</translation>
    </message>
    <message>
      <source>Layer "{name}" holds no polygons. Choose a polygon layer in step "Label".</source>
      <translation>La capa "{name}" no contiene polígonos. Elija una capa de polígonos en el paso "Etiquetas".</translation>
    </message>
    <message>
      <source>Layer "{name}" has no field "{field}". Choose its class field in step "Label".</source>
      <translation>La capa "{name}" no tiene el campo "{field}". Elija su campo de clase en el paso "Etiquetas".</translation>
    </message>
    <message>
      <source>There is no polygon to add. Choose another place, or show more with the slider.</source>
      <translation>No hay ningún polígono que añadir. Elija otro lugar o muestre más con el deslizador.</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited. Choose another one.</source>
      <translation>La capa "{name}" no se puede editar. Elija otra.</translation>
    </message>
    <message>
      <source>Polygons of class "{name}"</source>
      <translation>Polígonos de la clase "{name}"</translation>
    </message>
    <message>
      <source>Layer "{name}" took no polygons. Look at the log panel, or choose another layer.</source>
      <translation>La capa "{name}" no aceptó los polígonos. Consulte el panel de registro o elija otra capa.</translation>
    </message>
    <message>
      <source>The polygons cannot be expressed in the CRS of layer "{name}" ({error}). Choose another layer.</source>
      <translation>Los polígonos no se pueden expresar en el SRC de la capa "{name}" ({error}). Elija otra capa.</translation>
    </message>
    <message>
      <source>The report is on the clipboard. Paste it into your message, as Markdown.</source>
      <translation>El informe está en el portapapeles. Péguelo en su mensaje, como Markdown.</translation>
    </message>
    <message>
      <source>Check the map</source>
      <translation>Comprobar el mapa</translation>
    </message>
    <message>
      <source>Open sample project</source>
      <translation>Abrir proyecto de ejemplo</translation>
    </message>
    <message>
      <source>Devices and checks</source>
      <translation>Dispositivos y comprobaciones</translation>
    </message>
    <message>
      <source>Backend</source>
      <translation>Backend</translation>
    </message>
    <message>
      <source>Settings…</source>
      <translation>Configuración…</translation>
    </message>
    <message>
      <source>Show the log</source>
      <translation>Mostrar registro</translation>
    </message>
    <message>
      <source>Copy for a bug report</source>
      <translation>Copiar para un informe de error</translation>
    </message>
    <message>
      <source>Embedding and training use {name} from now on.</source>
      <translation>El embedding y el entrenamiento usarán {name} a partir de ahora.</translation>
    </message>
    <message>
      <source>Explore</source>
      <translation>Explorar</translation>
    </message>
    <message>
      <source>Results</source>
      <translation>Resultados</translation>
    </message>
    <message>
      <source>Pretrain</source>
      <translation>Preentrenar</translation>
    </message>
    <message>
      <source>MMEarth computes in an environment of its own, and none was found. Open the MMEarth panel and click "Install the backend".</source>
      <translation>MMEarth calcula en un entorno propio y no se encontró ninguno. Abra el panel MMEarth y haga clic en "Instalar el backend".</translation>
    </message>
    <message>
      <source>The map cannot be expressed in the CRS of layer "{name}" ({error}). Choose another project CRS.</source>
      <translation>El mapa no se puede expresar en el SRC de la capa "{name}" ({error}). Elija otro SRC para el proyecto.</translation>
    </message>
    <message>
      <source>The layer of these groups is gone. Use "Find groups" again.</source>
      <translation>La capa de estos grupos ya no existe. Use de nuevo "Buscar grupos".</translation>
    </message>
    <message>
      <source>No group is chosen. Choose one in the list.</source>
      <translation>No se ha elegido ningún grupo. Elija uno en la lista.</translation>
    </message>
    <message>
      <source>Layer "{name}" is not in view. Zoom to it.</source>
      <translation>La capa "{name}" no está a la vista. Acérquese a ella.</translation>
    </message>
    <message>
      <source>Nothing of "{name}" is in view. Move the map to some of it.</source>
      <translation>No hay nada de "{name}" a la vista. Mueva el mapa hasta donde lo haya.</translation>
    </message>
    <message>
      <source>The values of "{name}" could not be read. Look whether its file is still there.</source>
      <translation>No se pudieron leer los valores de "{name}". Compruebe si su archivo sigue estando allí.</translation>
    </message>
    <message>
      <source>Colours of the embedding</source>
      <translation>Colores del embedding</translation>
    </message>
    <message>
      <source>Embedding "{name}" is not in view. Zoom to the layer.</source>
      <translation>El embedding "{name}" no está a la vista. Acérquese a la capa.</translation>
    </message>
    <message>
      <source>These axes need classes. Choose a label layer with two classes, in step Label.</source>
      <translation>Estos ejes necesitan clases. Elija una capa de etiquetas con dos clases, en el paso Etiquetas.</translation>
    </message>
    <message>
      <source>Drawing…</source>
      <translation>Dibujando…</translation>
    </message>
    <message>
      <source>direction {n} ({share})</source>
      <translation>dirección {n} ({share})</translation>
    </message>
    <message>
      <source>component {n} ({share})</source>
      <translation>componente {n} ({share})</translation>
    </message>
    <message>
      <source>{n} of {all} points chosen</source>
      <translation>{n} de {all} puntos elegidos</translation>
    </message>
    <message>
      <source>{n} points, {k} of them labelled</source>
      <translation>{n} puntos, {k} de ellos etiquetados</translation>
    </message>
    <message>
      <source>There are no points yet. Draw them first.</source>
      <translation>Aún no hay puntos. Dibújelos primero.</translation>
    </message>
    <message>
      <source>No points are chosen. Draw a lasso around some, with Shift held.</source>
      <translation>No se ha elegido ningún punto. Dibuje un lazo alrededor de algunos, manteniendo pulsada Mayús.</translation>
    </message>
    <message>
      <source>The chosen points cannot be written to "{path}": {message} Free space on the disk.</source>
      <translation>Los puntos elegidos no se pueden escribir en "{path}": {message} Libere espacio en el disco.</translation>
    </message>
    <message>
      <source>Chosen points</source>
      <translation>Puntos elegidos</translation>
    </message>
    <message>
      <source>Save as picture</source>
      <translation>Guardar como imagen</translation>
    </message>
    <message>
      <source>Pictures (*.png)</source>
      <translation>Imágenes (*.png)</translation>
    </message>
    <message>
      <source>The picture "{path}" cannot be written. Choose another folder.</source>
      <translation>No se puede escribir la imagen "{path}". Elija otra carpeta.</translation>
    </message>
    <message>
      <source>Reading the embedding… You can click already.</source>
      <translation>Leyendo el embedding… Ya puede hacer clic.</translation>
    </message>
    <message>
      <source>Nothing is looked for yet.</source>
      <translation>Aún no se busca nada.</translation>
    </message>
    <message>
      <source>Click a place on the map.</source>
      <translation>Haga clic en un lugar del mapa.</translation>
    </message>
    <message>
      <source>This place lies outside embedding "{name}". Click inside it.</source>
      <translation>Este lugar queda fuera del embedding "{name}". Haga clic dentro de él.</translation>
    </message>
    <message>
      <source>No polygon is selected. Select polygons of the active layer, or choose a class that has some.</source>
      <translation>No hay ningún polígono seleccionado. Seleccione polígonos de la capa activa o elija una clase que los tenga.</translation>
    </message>
    <message>
      <source>Click a place that is meant, too.</source>
      <translation>Haga clic también en un lugar que sí se busca.</translation>
    </message>
    <message>
      <source>Looking…</source>
      <translation>Buscando…</translation>
    </message>
    <message>
      <source>There is no layer of similar places any more. Pick a place on the map.</source>
      <translation>Ya no hay ninguna capa de lugares similares. Elija un lugar en el mapa.</translation>
    </message>
    <message>
      <source>No similar place is in view. Move the map to some.</source>
      <translation>No hay ningún lugar similar a la vista. Mueva el mapa hasta donde los haya.</translation>
    </message>
    <message>
      <source>Nothing in view is similar enough. Move the slider to the left, or the map.</source>
      <translation>Nada de lo que está a la vista es lo bastante similar. Mueva el deslizador a la izquierda o mueva el mapa.</translation>
    </message>
    <message>
      <source>The {n} largest areas become polygons.</source>
      <translation>Las {n} áreas mayores pasan a ser polígonos.</translation>
    </message>
    <message>
      <source>Like one place</source>
      <translation>Como un lugar</translation>
    </message>
    <message>
      <source>Like {n} places</source>
      <translation>Como {n} lugares</translation>
    </message>
    <message>
      <source>Like the polygons</source>
      <translation>Como los polígonos</translation>
    </message>
    <message>
      <source> and the polygons</source>
      <translation> y los polígonos</translation>
    </message>
    <message>
      <source>, unlike {n}</source>
      <translation>, distinto de {n}</translation>
    </message>
    <message>
      <source>The result "{path}" could not be loaded. Look at the log panel.</source>
      <translation>No se pudo cargar el resultado "{path}". Consulte el panel de registro.</translation>
    </message>
    <message>
      <source>Close other programs, choose a smaller extent or set a lower memory limit, then start it again.</source>
      <translation>Cierre otros programas, elija una extensión menor o fije un límite de memoria más bajo, y vuelva a iniciarlo.</translation>
    </message>
    <message>
      <source>The system ended it, most likely because the memory was full.</source>
      <translation>El sistema lo terminó, muy probablemente porque la memoria estaba llena.</translation>
    </message>
    <message>
      <source>The memory of the graphics card is full.</source>
      <translation>La memoria de la tarjeta gráfica está llena.</translation>
    </message>
    <message>
      <source>Close other programs that use the card, choose a smaller batch, or choose the CPU as device.</source>
      <translation>Cierre otros programas que usen la tarjeta, elija un lote menor o elija la CPU como dispositivo.</translation>
    </message>
    <message>
      <source>The driver of the graphics card is too old for this version of PyTorch.</source>
      <translation>El controlador de la tarjeta gráfica es demasiado antiguo para esta versión de PyTorch.</translation>
    </message>
    <message>
      <source>Update the NVIDIA driver and restart the computer, or choose the CPU as device.</source>
      <translation>Actualice el controlador de NVIDIA y reinicie el equipo, o elija la CPU como dispositivo.</translation>
    </message>
    <message>
      <source>This version of PyTorch was not built for this graphics card.</source>
      <translation>Esta versión de PyTorch no se compiló para esta tarjeta gráfica.</translation>
    </message>
    <message>
      <source>Choose the CPU as device, or use an environment of your own with a PyTorch made for the card.</source>
      <translation>Elija la CPU como dispositivo o use un entorno propio con un PyTorch compilado para la tarjeta.</translation>
    </message>
    <message>
      <source>There was not enough memory, or the Windows paging file is too small.</source>
      <translation>No había suficiente memoria, o el archivo de paginación de Windows es demasiado pequeño.</translation>
    </message>
    <message>
      <source>The disk was full while packages were unpacked.</source>
      <translation>El disco se llenó al desempaquetar los paquetes.</translation>
    </message>
    <message>
      <source>Free space on the disk of the backend, or choose another folder for it (panel MMEarth &gt; … &gt; Backend), then try again.</source>
      <translation>Libere espacio en el disco del backend o elija otra carpeta para él (panel MMEarth &gt; … &gt; Backend), e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The disk was full while packages were downloaded, or your share of it is used up.</source>
      <translation>El disco se llenó al descargar los paquetes, o se agotó su cuota en él.</translation>
    </message>
    <message>
      <source>Free space there, or choose another folder for the backend, then try again: what was downloaded is kept.</source>
      <translation>Libere espacio allí o elija otra carpeta para el backend, e inténtelo de nuevo: lo descargado se conserva.</translation>
    </message>
    <message>
      <source>The disk is full, or your share of it is used up.</source>
      <translation>El disco está lleno, o se ha agotado su cuota de disco.</translation>
    </message>
    <message>
      <source>Free space on the disk of the output folder and of the temporary files, then start it again.</source>
      <translation>Libere espacio en el disco de la carpeta de salida y en el de los archivos temporales, y vuelva a iniciarlo.</translation>
    </message>
    <message>
      <source>A path is longer than Windows allows.</source>
      <translation>Una ruta es más larga de lo que permite Windows.</translation>
    </message>
    <message>
      <source>Have long paths enabled in Windows (LongPathsEnabled), or use an environment of your own in a folder with a short path.</source>
      <translation>Haga que se habiliten las rutas largas en Windows (LongPathsEnabled) o use un entorno propio en una carpeta de ruta corta.</translation>
    </message>
    <message>
      <source>A policy of this computer forbids the program to run.</source>
      <translation>Una directiva de este equipo impide ejecutar el programa.</translation>
    </message>
    <message>
      <source>Ask your administrator to allow the Python of the environment, or use one that is allowed.</source>
      <translation>Pida a su administrador que permita el Python del entorno, o use uno que esté permitido.</translation>
    </message>
    <message>
      <source>Windows refused access to a file: another program holds it, often a virus scanner.</source>
      <translation>Windows denegó el acceso a un archivo: lo retiene otro programa, a menudo un antivirus.</translation>
    </message>
    <message>
      <source>Close other QGIS windows and wait a minute, then try again; if it happens again, have the folder of the QGIS profile left out of the virus scan.</source>
      <translation>Cierre las demás ventanas de QGIS, espere un minuto e inténtelo de nuevo; si vuelve a ocurrir, haga que se excluya del análisis antivirus la carpeta del perfil de QGIS.</translation>
    </message>
    <message>
      <source>A file or folder is read-only or belongs to someone else: "{said}".</source>
      <translation>Un archivo o una carpeta es de solo lectura o pertenece a otro usuario: "{said}".</translation>
    </message>
    <message>
      <source>Make it writable for yourself, or start QGIS with a profile in a folder that is (--profiles-path).</source>
      <translation>Concédase permiso de escritura o inicie QGIS con un perfil en una carpeta en la que pueda escribir (--profiles-path).</translation>
    </message>
    <message>
      <source>The proxy of this network asks for a user name and a password (407).</source>
      <translation>El proxy de esta red pide un nombre de usuario y una contraseña (407).</translation>
    </message>
    <message>
      <source>Enter them in QGIS under Settings &gt; Options &gt; Network, "Use proxy for web access", then try again; your administrator knows them.</source>
      <translation>Introdúzcalos en QGIS en Configuración &gt; Opciones &gt; Red, "Usar proxy para acceso web", e inténtelo de nuevo; su administrador los conoce.</translation>
    </message>
    <message>
      <source>The proxy that is set for QGIS does not answer.</source>
      <translation>El proxy configurado en QGIS no responde.</translation>
    </message>
    <message>
      <source>Check the proxy in QGIS under Settings &gt; Options &gt; Network, then try again.</source>
      <translation>Compruebe el proxy en QGIS en Configuración &gt; Opciones &gt; Red e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The certificate of the server is not trusted; often a proxy or a virus scanner reads the connection.</source>
      <translation>El certificado del servidor no es de confianza; a menudo un proxy o un antivirus inspecciona la conexión.</translation>
    </message>
    <message>
      <source>Ask your administrator for the certificate of the network and import it in QGIS under Settings &gt; Options &gt; Authentication &gt; Manage Certificates &gt; Authorities, then try again; check the computer's clock, too.</source>
      <translation>Pida a su administrador el certificado de la red, impórtelo en QGIS en Configuración &gt; Opciones &gt; Autenticación &gt; Administrar certificados &gt; Autoridades e inténtelo de nuevo; compruebe también el reloj del equipo.</translation>
    </message>
    <message>
      <source>A web page of "{host}" came in place of the file, as from a network that wants you to log in first.</source>
      <translation>En lugar del archivo llegó una página web de "{host}", como en las redes que exigen iniciar sesión primero.</translation>
    </message>
    <message>
      <source>Open any page in a web browser and log in to the network, and check the proxy in QGIS under Settings &gt; Options &gt; Network and the address of the package index, then try again.</source>
      <translation>Abra cualquier página en un navegador web e inicie sesión en la red, compruebe el proxy en QGIS en Configuración &gt; Opciones &gt; Red y la dirección del índice de paquetes, e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The server does not have the file ({status}).</source>
      <translation>El servidor no tiene el archivo ({status}).</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend), or update the plugin.</source>
      <translation>Compruebe la dirección del índice de paquetes (panel MMEarth &gt; … &gt; Backend) o actualice el complemento.</translation>
    </message>
    <message>
      <source>The server, or a firewall before it, refuses access ({status}).</source>
      <translation>El servidor, o un cortafuegos previo, deniega el acceso ({status}).</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend), with user name and password where it wants them, or ask your administrator to allow it.</source>
      <translation>Compruebe la dirección del índice de paquetes (panel MMEarth &gt; … &gt; Backend), con nombre de usuario y contraseña si los exige, o pida a su administrador que permita el acceso.</translation>
    </message>
    <message>
      <source>The server has a fault of its own ({status}).</source>
      <translation>El servidor tiene un fallo propio ({status}).</translation>
    </message>
    <message>
      <source>Try again later: what was downloaded is kept.</source>
      <translation>Inténtelo de nuevo más tarde: lo descargado se conserva.</translation>
    </message>
    <message>
      <source>The server sends on to an address that is not secure, or in circles.</source>
      <translation>El servidor redirige a una dirección no segura, o en bucle.</translation>
    </message>
    <message>
      <source>Check the address of the package index (panel MMEarth &gt; … &gt; Backend); it begins with https://.</source>
      <translation>Compruebe la dirección del índice de paquetes (panel MMEarth &gt; … &gt; Backend); debe empezar por https://.</translation>
    </message>
    <message>
      <source>The server cannot be reached: there is no network, or a firewall stands before it.</source>
      <translation>No se puede acceder al servidor: no hay red o un cortafuegos lo impide.</translation>
    </message>
    <message>
      <source>Connect to the internet, check the proxy in QGIS under Settings &gt; Options &gt; Network, or have the firewall allow the server, then try again.</source>
      <translation>Conéctese a internet, compruebe el proxy en QGIS en Configuración &gt; Opciones &gt; Red o haga que el cortafuegos permita el servidor, e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The connection broke off, or stood still for too long.</source>
      <translation>La conexión se interrumpió o estuvo parada demasiado tiempo.</translation>
    </message>
    <message>
      <source>Try again: what was downloaded is kept. Where the network is slow, raise the timeout in QGIS under Settings &gt; Options &gt; Network.</source>
      <translation>Inténtelo de nuevo: lo descargado se conserva. Si la red es lenta, aumente el tiempo de espera en QGIS en Configuración &gt; Opciones &gt; Red.</translation>
    </message>
    <message>
      <source>Put the address of the proxy, with user name and password, into the variable HTTPS_PROXY before QGIS starts, then try again; your administrator knows it.</source>
      <translation>Ponga la dirección del proxy, con nombre de usuario y contraseña, en la variable HTTPS_PROXY antes de iniciar QGIS e inténtelo de nuevo; su administrador la conoce.</translation>
    </message>
    <message>
      <source>Ask your administrator for the certificate of the network, and set the variables PIP_CERT and SSL_CERT_FILE to its file before QGIS starts; check the computer's clock, too.</source>
      <translation>Pida a su administrador el certificado de la red y asigne su archivo a las variables PIP_CERT y SSL_CERT_FILE antes de iniciar QGIS; compruebe también el reloj del equipo.</translation>
    </message>
    <message>
      <source>The proxy that is set for this computer does not answer.</source>
      <translation>El proxy configurado en este equipo no responde.</translation>
    </message>
    <message>
      <source>Check the variables HTTP_PROXY and HTTPS_PROXY and the proxy of the system, then try again.</source>
      <translation>Compruebe las variables HTTP_PROXY y HTTPS_PROXY y el proxy del sistema, e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>Connect to the internet or have the firewall allow it, then try again.</source>
      <translation>Conéctese a internet o haga que el cortafuegos lo permita, e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The connection broke off during a download.</source>
      <translation>La conexión se interrumpió durante una descarga.</translation>
    </message>
    <message>
      <source>Try again, with a faster or a steadier network if there is one.</source>
      <translation>Inténtelo de nuevo, con una red más rápida o más estable si la hay.</translation>
    </message>
    <message>
      <source>A downloaded package is not the one that is expected: its content is damaged or was changed.</source>
      <translation>Un paquete descargado no es el esperado: su contenido está dañado o se modificó.</translation>
    </message>
    <message>
      <source>Try again; if it happens again, a proxy changes downloads: ask your administrator, install nothing.</source>
      <translation>Inténtelo de nuevo; si vuelve a ocurrir, un proxy modifica las descargas: consulte a su administrador y no instale nada.</translation>
    </message>
    <message>
      <source>Install the backend again (panel MMEarth &gt; … &gt; Backend).</source>
      <translation>Instale de nuevo el backend (panel MMEarth &gt; … &gt; Backend).</translation>
    </message>
    <message>
      <source>This system is older than the packages: {library} is missing.</source>
      <translation>Este sistema es más antiguo que los paquetes: falta {library}.</translation>
    </message>
    <message>
      <source>Update the system, or use an environment of your own with packages made for it.</source>
      <translation>Actualice el sistema o use un entorno propio con paquetes hechos para él.</translation>
    </message>
    <message>
      <source>The program was made for another kind of processor or system.</source>
      <translation>El programa se hizo para otro tipo de procesador o de sistema.</translation>
    </message>
    <message>
      <source>Choose a Python of 64 bits made for this computer, then install the backend again.</source>
      <translation>Elija un Python de 64 bits hecho para este equipo e instale de nuevo el backend.</translation>
    </message>
    <message>
      <source>Windows could not load a library; most often the Visual C++ runtime is missing or old.</source>
      <translation>Windows no pudo cargar una biblioteca; lo más frecuente es que falte el entorno de ejecución de Visual C++ o que sea antiguo.</translation>
    </message>
    <message>
      <source>Install "Microsoft Visual C++ Redistributable 2015-2022 (x64)" from Microsoft, restart the computer and try again; if that does not help, install the backend again.</source>
      <translation>Instale "Microsoft Visual C++ Redistributable 2015-2022 (x64)" de Microsoft, reinicie el equipo e inténtelo de nuevo; si no sirve, instale de nuevo el backend.</translation>
    </message>
    <message>
      <source>The system lacks the library "{library}".</source>
      <translation>Falta en el sistema la biblioteca "{library}".</translation>
    </message>
    <message>
      <source>Install it with the package manager of the system, then try again.</source>
      <translation>Instálela con el gestor de paquetes del sistema e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The Python is too old, or too new, for the packages of the backend.</source>
      <translation>El Python es demasiado antiguo, o demasiado nuevo, para los paquetes del backend.</translation>
    </message>
    <message>
      <source>Choose a Python from 3.11 to 3.13, then install the backend again.</source>
      <translation>Elija un Python de 3.11 a 3.13 e instale de nuevo el backend.</translation>
    </message>
    <message>
      <source>The folder of the plugin is not complete.</source>
      <translation>La carpeta del complemento no está completa.</translation>
    </message>
    <message>
      <source>Remove the plugin, install it again and restart QGIS.</source>
      <translation>Desinstale el complemento, instálelo de nuevo y reinicie QGIS.</translation>
    </message>
    <message>
      <source>The packages of the environment do not fit together: NumPy, PyTorch or GDAL was replaced.</source>
      <translation>Los paquetes del entorno no son compatibles entre sí: se reemplazó NumPy, PyTorch o GDAL.</translation>
    </message>
    <message>
      <source>The environment of the backend is not complete: the module "{module}" is missing.</source>
      <translation>El entorno del backend no está completo: falta el módulo "{module}".</translation>
    </message>
    <message>
      <source>A library used an instruction that this processor does not have, as ones without AVX.</source>
      <translation>Una biblioteca usó una instrucción que este procesador no tiene, como ocurre en los que carecen de AVX.</translation>
    </message>
    <message>
      <source>Use a newer computer, or an environment of your own with a PyTorch built for this processor.</source>
      <translation>Use un equipo más nuevo o un entorno propio con un PyTorch compilado para este procesador.</translation>
    </message>
    <message>
      <source>A file that was in use became shorter or unreachable: a full disk, or a network folder that went away.</source>
      <translation>Un archivo en uso se acortó o dejó de estar accesible: el disco está lleno o se perdió una carpeta de red.</translation>
    </message>
    <message>
      <source>Check the disk and the network folder, copy the scene to a local disk and start it again.</source>
      <translation>Compruebe el disco y la carpeta de red, copie la escena a un disco local y vuelva a iniciarlo.</translation>
    </message>
    <message>
      <source>A library of the backend crashed (access to memory that is not its own).</source>
      <translation>Una biblioteca del backend falló (acceso a memoria ajena).</translation>
    </message>
    <message>
      <source>Start it again; if it happens again, choose the CPU as device, update the graphics driver or build the environment again, and report it with the log, please.</source>
      <translation>Vuelva a iniciarlo; si vuelve a ocurrir, elija la CPU como dispositivo, actualice el controlador gráfico o cree de nuevo el entorno, e informe del error con el registro, por favor.</translation>
    </message>
    <message>
      <source>A library of the backend gave up because of an error of its own.</source>
      <translation>Una biblioteca del backend se detuvo por un error propio.</translation>
    </message>
    <message>
      <source>Start it again; if it happens again, report it with the log, please.</source>
      <translation>Vuelva a iniciarlo; si vuelve a ocurrir, informe del error con el registro, por favor.</translation>
    </message>
    <message>
      <source>Another program or the end of the session ended it.</source>
      <translation>Lo terminó otro programa o el cierre de la sesión.</translation>
    </message>
    <message>
      <source>Start it again.</source>
      <translation>Vuelva a iniciarlo.</translation>
    </message>
    <message>
      <source>Its last words were: "{line}".</source>
      <translation>Su último mensaje fue: "{line}".</translation>
    </message>
    <message>
      <source>It left no word.</source>
      <translation>No dejó ningún mensaje.</translation>
    </message>
    <message>
      <source>Try again; if it happens again, report it with the log, please.</source>
      <translation>Inténtelo de nuevo; si vuelve a ocurrir, informe del error con el registro, por favor.</translation>
    </message>
    <message>
      <source>&lt;b&gt;There is no backend yet.&lt;/b&gt;</source>
      <translation>&lt;b&gt;Aún no hay backend.&lt;/b&gt;</translation>
    </message>
    <message>
      <source>&lt;b&gt;In use:&lt;/b&gt; {python}, which was not installed here.</source>
      <translation>&lt;b&gt;En uso:&lt;/b&gt; {python}, que no se instaló desde aquí.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Installed&lt;/b&gt; on {date}: packages {build}, Python {python}, {size} in {place}.</source>
      <translation>&lt;b&gt;Instalado&lt;/b&gt; el {date}: paquetes {build}, Python {python}, {size} en {place}.</translation>
    </message>
    <message>
      <source>"{file}" is not a complete offline bundle ({error}). Copy it again, or make it again.</source>
      <translation>"{file}" no es un archivo sin conexión completo ({error}). Cópielo o créelo de nuevo.</translation>
    </message>
    <message>
      <source>The bundle "{file}" is for "{found}"; "{wanted}" is wanted. Make one for it, or choose that build.</source>
      <translation>El archivo sin conexión "{file}" es para "{found}"; se necesita "{wanted}". Cree uno para esta variante o elija la del archivo.</translation>
    </message>
    <message>
      <source>The bundle "{file}" belongs to another version of the plugin. Make it again with this version.</source>
      <translation>El archivo sin conexión "{file}" corresponde a otra versión del complemento. Créelo de nuevo con esta versión.</translation>
    </message>
    <message>
      <source>"{file}" has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed.</source>
      <translation>"{file}" tiene el SHA-256 {found}…, pero se espera {wanted}…: está dañado o se modificó.</translation>
    </message>
    <message>
      <source>Downloading Python {version}</source>
      <translation>Descargando Python {version}</translation>
    </message>
    <message>
      <source>Writing the bundle</source>
      <translation>Escribiendo el archivo sin conexión</translation>
    </message>
    <message>
      <source>"{file}" from {host} has the SHA-256 {found}…, but {wanted}… is wanted: it is damaged or was changed, and was removed. Try again; if it happens again, a proxy or a mirror changes downloads: ask your administrator, or choose another package index.</source>
      <translation>"{file}" de {host} tiene el SHA-256 {found}…, pero se espera {wanted}…: está dañado o se modificó, y se eliminó. Inténtelo de nuevo; si vuelve a ocurrir, un proxy o una réplica modifica las descargas: consulte a su administrador o elija otro índice de paquetes.</translation>
    </message>
    <message>
      <source>"{file}" was not downloaded from {host}.</source>
      <translation>"{file}" no se descargó de {host}.</translation>
    </message>
    <message>
      <source>"{file}" on {host} has {found} bytes, but {wanted} are wanted: it is not the same file. Choose another package index, or update the plugin.</source>
      <translation>"{file}" tiene {found} bytes en {host}, pero se esperan {wanted}: no es el mismo archivo. Elija otro índice de paquetes o actualice el complemento.</translation>
    </message>
    <message>
      <source>"{file}" cannot be written in "{folder}".</source>
      <translation>No se puede escribir "{file}" en "{folder}".</translation>
    </message>
    <message>
      <source>The disk of "{folder}" has {free} free, but the downloads want {wanted}. Free space there or choose another folder for the backend, then try again.</source>
      <translation>El disco de "{folder}" tiene {free} libres, pero las descargas necesitan {wanted}. Libere espacio allí o elija otra carpeta para el backend, e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>The downloads in "{folder}" cannot be read.</source>
      <translation>No se pueden leer las descargas de "{folder}".</translation>
    </message>
    <message>
      <source>Downloading the installer (uv)</source>
      <translation>Descargando el instalador (uv)</translation>
    </message>
    <message>
      <source>Looking for the installer (uv)</source>
      <translation>Buscando el instalador (uv)</translation>
    </message>
    <message>
      <source>Asking where the packages are</source>
      <translation>Consultando dónde están los paquetes</translation>
    </message>
    <message>
      <source>Downloading packages</source>
      <translation>Descargando paquetes</translation>
    </message>
    <message>
      <source>"{address}" is not the address of a package index. Enter one that begins with https://.</source>
      <translation>"{address}" no es la dirección de un índice de paquetes. Introduzca una que empiece por https://.</translation>
    </message>
    <message>
      <source>The package index "{host}" is not secure (http). Enter one that begins with https://.</source>
      <translation>El índice de paquetes "{host}" no es seguro (http). Introduzca uno que empiece por https://.</translation>
    </message>
    <message>
      <source>Another QGIS installs the backend now; waiting for it.</source>
      <translation>Otro QGIS está instalando el backend; esperando a que termine.</translation>
    </message>
    <message>
      <source>Unpacking the bundle</source>
      <translation>Desempaquetando el archivo sin conexión</translation>
    </message>
    <message>
      <source>Making the environment</source>
      <translation>Creando el entorno</translation>
    </message>
    <message>
      <source>Installing packages</source>
      <translation>Instalando paquetes</translation>
    </message>
    <message>
      <source>Testing: one real tile on each device</source>
      <translation>Probando: una tesela real en cada dispositivo</translation>
    </message>
    <message>
      <source>The self-test failed: {reason} {place}</source>
      <translation>La autoprueba falló: {reason} {place}</translation>
    </message>
    <message>
      <source>Self-test passed</source>
      <translation>Autoprueba superada</translation>
    </message>
    <message>
      <source>The CPU gave no result.</source>
      <translation>La CPU no dio ningún resultado.</translation>
    </message>
    <message>
      <source>The CPU is missing among the devices.</source>
      <translation>Falta la CPU entre los dispositivos.</translation>
    </message>
    <message>
      <source>about {size}</source>
      <translation>unos {size}</translation>
    </message>
    <message>
      <source>Downloads {size} ({build}), about {disk} on disk, into {place}. Free packages: PyTorch and others under BSD, MIT and similar licences.</source>
      <translation>Descarga {size} ({build}), unos {disk} en disco, en {place}. Paquetes libres: PyTorch y otros con licencias BSD, MIT y similares.</translation>
    </message>
    <message>
      <source>Those of NVIDIA come under NVIDIA's own licence.</source>
      <translation>Los de NVIDIA tienen la licencia propia de NVIDIA.</translation>
    </message>
    <message>
      <source>the QGIS profile</source>
      <translation>el perfil de QGIS</translation>
    </message>
    <message>
      <source>The backend was removed.</source>
      <translation>Se eliminó el backend.</translation>
    </message>
    <message>
      <source>The backend is installed and its self-test passed: {seconds} s, {size} on disk.</source>
      <translation>El backend está instalado y superó la autoprueba: {seconds} s, {size} en disco.</translation>
    </message>
    <message>
      <source>The offline bundle is written: "{path}", {size}.</source>
      <translation>Se escribió el archivo sin conexión: "{path}", {size}.</translation>
    </message>
    <message>
      <source>Cancelled. What was downloaded is kept: the next try goes on from there.</source>
      <translation>Cancelado. Lo descargado se conserva: el próximo intento continuará desde ahí.</translation>
    </message>
    <message>
      <source>Could not be removed: "{path}". Close other QGIS windows, then remove it by hand.</source>
      <translation>No se pudo eliminar: "{path}". Cierre las demás ventanas de QGIS y elimínelo a mano.</translation>
    </message>
    <message>
      <source>for the processor</source>
      <translation>para el procesador</translation>
    </message>
    <message>
      <source>for NVIDIA cards, CUDA 13</source>
      <translation>para tarjetas NVIDIA, CUDA 13</translation>
    </message>
    <message>
      <source>for older NVIDIA cards, CUDA 12.6</source>
      <translation>para tarjetas NVIDIA antiguas, CUDA 12.6</translation>
    </message>
    <message>
      <source>for Apple silicon</source>
      <translation>para Apple Silicon</translation>
    </message>
    <message>
      <source>No address of a package index is known, so nothing can be downloaded. Enter one on the page "Backend", or install from an offline bundle.</source>
      <translation>No se conoce la dirección de ningún índice de paquetes, así que no se puede descargar nada. Introduzca una en la página "Backend" o instale desde un archivo sin conexión.</translation>
    </message>
    <message>
      <source>There are no packages for this kind of computer ("{platform}"). Use an environment of your own.</source>
      <translation>No hay paquetes para este tipo de equipo ("{platform}"). Use un entorno propio.</translation>
    </message>
    <message>
      <source>The package index "{host}" has no package "{package}". Check the address of the index (panel MMEarth &gt; … &gt; Backend), or update the plugin.</source>
      <translation>El índice de paquetes "{host}" no tiene el paquete "{package}". Compruebe la dirección del índice (panel MMEarth &gt; … &gt; Backend) o actualice el complemento.</translation>
    </message>
    <message>
      <source>The package index "{host}" did not answer for the package "{package}".</source>
      <translation>El índice de paquetes "{host}" no respondió para el paquete "{package}".</translation>
    </message>
    <message>
      <source>The package index "{host}" does not have the file "{file}". Update the plugin; if it is the newest, choose another index (panel MMEarth &gt; … &gt; Backend).</source>
      <translation>El índice de paquetes "{host}" no tiene el archivo "{file}". Actualice el complemento; si ya es la última versión, elija otro índice (panel MMEarth &gt; … &gt; Backend).</translation>
    </message>
    <message>
      <source>The package index "{host}" sent no list of files for the package "{package}".</source>
      <translation>El índice de paquetes "{host}" no envió ninguna lista de archivos para el paquete "{package}".</translation>
    </message>
    <message>
      <source>"{program}" cannot be started.</source>
      <translation>No se puede iniciar "{program}".</translation>
    </message>
    <message>
      <source>A step ended with code {code}: "{line}".</source>
      <translation>Un paso terminó con el código {code}: "{line}".</translation>
    </message>
    <message>
      <source>Looking for a Python</source>
      <translation>Buscando un Python</translation>
    </message>
    <message>
      <source>The bundle has no Python in it, and this computer has no Python {version}. Install Python {version}, or choose one in the options of the installation.</source>
      <translation>El archivo sin conexión no incluye Python y este equipo no tiene Python {version}. Instale Python {version} o elija uno en las opciones de instalación.</translation>
    </message>
    <message>
      <source>Unpacking Python {version}</source>
      <translation>Desempaquetando Python {version}</translation>
    </message>
    <message>
      <source>"{python}" is not a working Python. Choose another program.</source>
      <translation>"{python}" no es un Python que funcione. Elija otro programa.</translation>
    </message>
    <message>
      <source>"{python}" is {found}; the backend wants CPython, the Python of python.org. Choose another one.</source>
      <translation>"{python}" es {found}; el backend necesita CPython, el Python de python.org. Elija otro.</translation>
    </message>
    <message>
      <source>"{python}" is made for "{found}"; the backend wants a Python for "{wanted}". Choose another one.</source>
      <translation>"{python}" está hecho para "{found}"; el backend necesita un Python para "{wanted}". Elija otro.</translation>
    </message>
    <message>
      <source>32 bits</source>
      <translation>32 bits</translation>
    </message>
    <message>
      <source>"{python}" is Python {found}; the backend wants {wanted}. Choose another one.</source>
      <translation>"{python}" es Python {found}; el backend necesita {wanted}. Elija otro.</translation>
    </message>
    <message>
      <source>The backend cannot be written in "{folder}".</source>
      <translation>No se puede escribir el backend en "{folder}".</translation>
    </message>
    <message>
      <source>{done} of {all}</source>
      <translation>{done} de {all}</translation>
    </message>
    <message>
      <source>There is no Python for this kind of computer; choose one of your own.</source>
      <translation>No hay ningún Python para este tipo de equipo; elija uno propio.</translation>
    </message>
    <message>
      <source>Copied. Paste it into a new issue at {url}, below what you did and what happened.</source>
      <translation>Copiado. Péguelo en una nueva incidencia en {url}, debajo de lo que hizo y lo que ocurrió.</translation>
    </message>
    <message>
      <source>Shows the jobs that start after the running one, in this order.</source>
      <translation>Muestra los trabajos que empiezan después del actual, en este orden.</translation>
    </message>
    <message>
      <source>{n} waiting</source>
      <translation>{n} en espera</translation>
    </message>
    <message>
      <source>Take "{name}" out of the queue</source>
      <translation>Quitar "{name}" de la cola</translation>
    </message>
    <message>
      <source>Progress</source>
      <translation>Progreso</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Cancelar</translation>
    </message>
    <message>
      <source>Cancel all</source>
      <translation>Cancelar todo</translation>
    </message>
    <message>
      <source>Taken from the cache: {names}</source>
      <translation>Tomado de la caché: {names}</translation>
    </message>
    <message>
      <source>Done in {time}: {names}</source>
      <translation>Hecho en {time}: {names}</translation>
    </message>
    <message>
      <source>"{name}" is being written by a job that runs or waits already. Wait for it, cancel it, or choose another file name.</source>
      <translation>Un trabajo en curso o en espera ya escribe "{name}". Espere a que termine, cancélelo o elija otro nombre de archivo.</translation>
    </message>
    <message>
      <source>Starting…</source>
      <translation>Iniciando…</translation>
    </message>
    <message>
      <source>{name}: done, but its project was closed meanwhile. The result is in {path}</source>
      <translation>{name}: hecho, pero entretanto se cerró su proyecto. El resultado está en {path}</translation>
    </message>
    <message>
      <source>{name}: done, but a layer that it belongs to was removed meanwhile. The result is in {path}</source>
      <translation>{name}: hecho, pero entretanto se eliminó una capa a la que pertenece. El resultado está en {path}</translation>
    </message>
    <message>
      <source>Cancelling…</source>
      <translation>Cancelando…</translation>
    </message>
    <message>
      <source>Layer "{name}" holds points. Use "Point", or choose a polygon layer.</source>
      <translation>La capa "{name}" contiene puntos. Use "Punto" o elija una capa de polígonos.</translation>
    </message>
    <message>
      <source>Added to "{name}": {n} pixels.</source>
      <translation>Añadido a "{name}": {n} píxeles.</translation>
    </message>
    <message>
      <source>No class is chosen. Choose one in the list, or add one, and draw then.</source>
      <translation>No se ha elegido ninguna clase. Elija una en la lista, o añada una, y dibuje después.</translation>
    </message>
    <message>
      <source>How large a pixel is, is not known. Choose a raster layer in step "Scene" first.</source>
      <translation>No se sabe qué tamaño tiene un píxel. Elija primero una capa ráster en el paso "Escena".</translation>
    </message>
    <message>
      <source>Looking for what is alike… The first time, the embedding is read.</source>
      <translation>Buscando lo que se parece… La primera vez se lee el embedding.</translation>
    </message>
    <message>
      <source>{n} pixels. Enter takes them.</source>
      <translation>{n} píxeles. Intro los acepta.</translation>
    </message>
    <message>
      <source>Class "{name}"</source>
      <translation>Clase "{name}"</translation>
    </message>
    <message>
      <source>No class has the key {digit}. Choose one in the list, or add one.</source>
      <translation>Ninguna clase tiene la tecla {digit}. Elija una en la lista o añada una.</translation>
    </message>
    <message>
      <source>Saved in "{name}".</source>
      <translation>Guardado en "{name}".</translation>
    </message>
    <message>
      <source>Click the corners; a right click ends the polygon.</source>
      <translation>Haga clic en los vértices; un clic derecho termina el polígono.</translation>
    </message>
    <message>
      <source>Drag from corner to corner. Escape drops the shape.</source>
      <translation>Arrastre de esquina a esquina. Escape descarta la forma.</translation>
    </message>
    <message>
      <source>Hold the button down and draw the outline. Escape drops it.</source>
      <translation>Mantenga pulsado el botón y dibuje el contorno. Escape lo descarta.</translation>
    </message>
    <message>
      <source>Click pixels, or paint with the button held down.</source>
      <translation>Haga clic en píxeles, o pinte con el botón pulsado.</translation>
    </message>
    <message>
      <source>Click a place; Shift+click adds one. Enter takes the area, Escape drops it.</source>
      <translation>Haga clic en un lugar; Mayús+clic añade otro. Intro acepta el área, Escape la descarta.</translation>
    </message>
    <message>
      <source>The label layer "{path}" cannot be written: {message} Choose another output folder.</source>
      <translation>No se puede escribir la capa de etiquetas "{path}": {message} Elija otra carpeta de salida.</translation>
    </message>
    <message>
      <source>The classes of "{name}" are not kept in its file, but in the project: {problem}</source>
      <translation>Las clases de "{name}" no se guardan en su archivo, sino en el proyecto: {problem}</translation>
    </message>
    <message>
      <source>Class {n}</source>
      <translation>Clase {n}</translation>
    </message>
    <message>
      <source>Layers "{a}" and "{b}" lie in different coordinate systems ({found}, {wanted}) and cannot be one scene. Choose layers in one coordinate system, or reproject one of them.</source>
      <translation>Las capas "{a}" y "{b}" están en sistemas de coordenadas distintos ({found}, {wanted}) y no pueden formar una escena. Elija capas en un mismo sistema de coordenadas o reproyecte una de ellas.</translation>
    </message>
    <message>
      <source>{name} and {n} more</source>
      <translation>{name} y {n} más</translation>
    </message>
    <message>
      <source>No raster layer is chosen. Add the scene to the project and choose it.</source>
      <translation>No se ha elegido ninguna capa ráster. Añada la escena al proyecto y elíjala.</translation>
    </message>
    <message>
      <source>"{name}" is not a working raster layer. Choose another layer.</source>
      <translation>"{name}" no es una capa ráster que funcione. Elija otra capa.</translation>
    </message>
    <message>
      <source>a web tile service</source>
      <translation>un servicio web de teselas</translation>
    </message>
    <message>
      <source>Layer "{name}" is {service}, which holds pictures or remote data instead of band values in a file. Save it first: right-click the layer, Export, Save As…, raw data, GeoTIFF; then choose the saved layer.</source>
      <translation>La capa "{name}" procede de {service}, que contiene imágenes o datos remotos en lugar de valores de banda en un archivo. Guárdela primero: clic derecho en la capa, Exportar, Guardar como…, datos en bruto, GeoTIFF; después elija la capa guardada.</translation>
    </message>
    <message>
      <source>The file of layer "{name}" was not found: "{path}". Choose a raster that is stored in a file.</source>
      <translation>No se encontró el archivo de la capa "{name}": "{path}". Elija un ráster guardado en un archivo.</translation>
    </message>
    <message>
      <source>The extent cannot be expressed in the CRS of layer "{name}": {error} Choose another extent.</source>
      <translation>La extensión no se puede expresar en el SRC de la capa "{name}": {error} Elija otra extensión.</translation>
    </message>
    <message>
      <source>The extent lies outside layer "{name}": {found} does not meet {wanted} ({crs}). Zoom to the layer, draw another rectangle, or use the whole layer.</source>
      <translation>La extensión queda fuera de la capa "{name}": {found} no toca {wanted} ({crs}). Acérquese a la capa, dibuje otro rectángulo o use la capa completa.</translation>
    </message>
    <message>
      <source>no CRS</source>
      <translation>sin SRC</translation>
    </message>
    <message>
      <source>Band mapping "{part}" was not understood. Write it like "B2=1, B3=2, B4=3".</source>
      <translation>No se entendió la asignación de bandas "{part}". Escríbala como "B2=1, B3=2, B4=3".</translation>
    </message>
    <message>
      <source>No working vector layer is chosen. Choose one, or make a new one.</source>
      <translation>No se ha elegido ninguna capa vectorial que funcione. Elija una o cree una nueva.</translation>
    </message>
    <message>
      <source>Folder "{folder}" cannot be made ({reason}). Choose another output folder.</source>
      <translation>No se puede crear la carpeta "{folder}" ({reason}). Elija otra carpeta de salida.</translation>
    </message>
    <message>
      <source>Folder "{folder}" is not writable. Choose another output folder.</source>
      <translation>No se puede escribir en la carpeta "{folder}". Elija otra carpeta de salida.</translation>
    </message>
    <message>
      <source>The place cannot be shown on the map ({error}). Choose another project CRS.</source>
      <translation>El lugar no se puede mostrar en el mapa ({error}). Elija otro SRC para el proyecto.</translation>
    </message>
    <message>
      <source>Many polygons: fine-tune a network</source>
      <translation>Muchos polígonos: ajuste fino de una red</translation>
    </message>
    <message>
      <source>Choose the polygons to classify in step "Map", and predict.</source>
      <translation>Elija los polígonos que se van a clasificar en el paso "Mapa" y prediga.</translation>
    </message>
    <message>
      <source>; {n} more layers, not ticked yet</source>
      <translation>; {n} capas más, aún sin marcar</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one in step "Label", or use "New label layer".</source>
      <translation>No se ha elegido ninguna capa de etiquetas. Elija una en el paso "Etiquetas" o use "Nueva capa de etiquetas".</translation>
    </message>
    <message>
      <source>Draw a polygon around the point: it becomes "{name}".</source>
      <translation>Dibuje un polígono alrededor del punto: será de "{name}".</translation>
    </message>
    <message>
      <source>Draw a polygon around the point.</source>
      <translation>Dibuje un polígono alrededor del punto.</translation>
    </message>
    <message>
      <source>The map is hidden, so that it tells no answers.</source>
      <translation>El mapa se oculta para que no revele las respuestas.</translation>
    </message>
    <message>
      <source>Backend {version}, protocol {protocol}: {versions}; devices: {devices}</source>
      <translation>Backend {version}, protocolo {protocol}: {versions}; dispositivos: {devices}</translation>
    </message>
    <message>
      <source>Training</source>
      <translation>Entrenamiento</translation>
    </message>
    <message>
      <source>Fine-tuning</source>
      <translation>Ajuste fino</translation>
    </message>
    <message>
      <source>Evaluation</source>
      <translation>Evaluación</translation>
    </message>
    <message>
      <source>Places to label</source>
      <translation>Lugares que etiquetar</translation>
    </message>
    <message>
      <source>Accuracy</source>
      <translation>Exactitud</translation>
    </message>
    <message>
      <source>Pretraining</source>
      <translation>Preentrenamiento</translation>
    </message>
    <message>
      <source>Adaptation</source>
      <translation>Adaptación</translation>
    </message>
    <message>
      <source>Similarity</source>
      <translation>Similitud</translation>
    </message>
    <message>
      <source>Clusters</source>
      <translation>Grupos</translation>
    </message>
    <message>
      <source>Scatter plot</source>
      <translation>Diagrama de dispersión</translation>
    </message>
    <message>
      <source>Comparison</source>
      <translation>Comparación</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exportar</translation>
    </message>
    <message>
      <source>Download</source>
      <translation>Descargar</translation>
    </message>
    <message>
      <source>Conversion</source>
      <translation>Conversión</translation>
    </message>
    <message>
      <source>Device test</source>
      <translation>Prueba de dispositivos</translation>
    </message>
    <message>
      <source>{job}: {file}</source>
      <translation>{job}: {file}</translation>
    </message>
    <message>
      <source>Choose another layer, extent, field or band mapping.</source>
      <translation>Elija otra capa, extensión, campo o asignación de bandas.</translation>
    </message>
    <message>
      <source>Choose other weights or another model.</source>
      <translation>Elija otros pesos u otro modelo.</translation>
    </message>
    <message>
      <source>Choose a smaller extent, free memory or disk, or choose another device.</source>
      <translation>Elija una extensión menor, libere memoria o disco, o elija otro dispositivo.</translation>
    </message>
    <message>
      <source>Look at the log panel "MMEarth" and report it, please.</source>
      <translation>Consulte el panel de registro "MMEarth" e informe del error, por favor.</translation>
    </message>
    <message>
      <source>working</source>
      <translation>trabajando</translation>
    </message>
    <message>
      <source>less than a second</source>
      <translation>menos de un segundo</translation>
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
      <translation>faltan {time}</translation>
    </message>
    <message>
      <source>Recommended</source>
      <translation>Recomendado</translation>
    </message>
    <message>
      <source>Nearest prototype</source>
      <translation>Prototipo más cercano</translation>
    </message>
    <message>
      <source>Nearest neighbours</source>
      <translation>Vecinos más cercanos</translation>
    </message>
    <message>
      <source>Ridge regression</source>
      <translation>Regresión ridge</translation>
    </message>
    <message>
      <source>Ridge</source>
      <translation>Ridge</translation>
    </message>
    <message>
      <source>Logistic regression</source>
      <translation>Regresión logística</translation>
    </message>
    <message>
      <source>Random forest</source>
      <translation>Bosque aleatorio</translation>
    </message>
    <message>
      <source>Small neural network</source>
      <translation>Red neuronal pequeña</translation>
    </message>
    <message>
      <source>Automatic</source>
      <translation>Automático</translation>
    </message>
    <message>
      <source>Linear probe</source>
      <translation>Sonda lineal</translation>
    </message>
    <message>
      <source>Decoder</source>
      <translation>Decodificador</translation>
    </message>
    <message>
      <source>Last stages</source>
      <translation>Últimas etapas</translation>
    </message>
    <message>
      <source>Everything</source>
      <translation>Todo</translation>
    </message>
    <message>
      <source>Quick classifier</source>
      <translation>Clasificador rápido</translation>
    </message>
    <message>
      <source>Step {step} of {total}: {values}</source>
      <translation>Paso {step} de {total}: {values}</translation>
    </message>
    <message>
      <source>less than 1 MB</source>
      <translation>menos de 1 MB</translation>
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
      <translation>no se encontró ninguno</translation>
    </message>
    <message>
      <source>The Python that has PyTorch and rasterio. Empty: the environment that the panel builds.</source>
      <translation>El Python que tiene PyTorch y rasterio. Vacío: el entorno que crea el panel.</translation>
    </message>
    <message>
      <source>Folder for results</source>
      <translation>Carpeta de resultados</translation>
    </message>
    <message>
      <source>Empty: the folder "mmearth" beside the project, or among your documents.</source>
      <translation>Vacío: la carpeta "mmearth" junto al proyecto o entre sus documentos.</translation>
    </message>
    <message>
      <source> GB</source>
      <translation> GB</translation>
    </message>
    <message>
      <source>switched off</source>
      <translation>desactivada</translation>
    </message>
    <message>
      <source>Embeddings are kept up to this size, so that the same request is not computed twice.</source>
      <translation>Los embeddings se conservan hasta este tamaño, para no calcular dos veces la misma petición.</translation>
    </message>
    <message>
      <source>Fewer leave room for other programs. Counts when the backend starts next.</source>
      <translation>Menos hilos dejan sitio a otros programas. Se aplica la próxima vez que se inicie el backend.</translation>
    </message>
    <message>
      <source>Tell me when a long job ends while QGIS is in the background</source>
      <translation>Avisar cuando termine un trabajo largo mientras QGIS está en segundo plano</translation>
    </message>
    <message>
      <source>The language follows QGIS: Settings ▸ Options ▸ General.</source>
      <translation>El idioma sigue al de QGIS: Configuración ▸ Opciones ▸ General.</translation>
    </message>
    <message>
      <source>Cache of embeddings</source>
      <translation>Caché de embeddings</translation>
    </message>
    <message>
      <source>Processor threads</source>
      <translation>Hilos del procesador</translation>
    </message>
    <message>
      <source>MMEarth</source>
      <translation>MMEarth</translation>
    </message>
    <message>
      <source>Weights for images of another sensor, without labels: the encoder learns from ground that a known sensor has seen too.</source>
      <translation>Pesos para imágenes de otro sensor, sin etiquetas: el codificador aprende de terreno que también ha visto un sensor conocido.</translation>
    </message>
    <message>
      <source>Bundled weights</source>
      <translation>Pesos incluidos</translation>
    </message>
    <message>
      <source>Those of step "Scene"</source>
      <translation>Los del paso "Escena"</translation>
    </message>
    <message>
      <source>Weights file</source>
      <translation>Archivo de pesos</translation>
    </message>
    <message>
      <source>The weights that understand the reference; the new ones begin with them.</source>
      <translation>Los pesos que entienden la referencia; los nuevos parten de ellos.</translation>
    </message>
    <message>
      <source>Agree</source>
      <translation>Coincidir</translation>
    </message>
    <message>
      <source>Agree and contrast</source>
      <translation>Con contraste</translation>
    </message>
    <message>
      <source>X-STARS</source>
      <translation>X-STARS</translation>
    </message>
    <message>
      <source>Fill gaps</source>
      <translation>Rellenar huecos</translation>
    </message>
    <message>
      <source>Adapt</source>
      <translation>Adaptar</translation>
    </message>
    <message>
      <source>as the images</source>
      <translation>la de las imágenes</translation>
    </message>
    <message>
      <source>Pixel size that the new encoder works at. Larger is faster, with less detail.</source>
      <translation>Tamaño de píxel con el que trabaja el codificador nuevo. Mayor es más rápido, con menos detalle.</translation>
    </message>
    <message>
      <source>automatic</source>
      <translation>automático</translation>
    </message>
    <message>
      <source>Side of a window in pixels of the reference, a multiple of the weights' patch.</source>
      <translation>Lado de una ventana en píxeles de la referencia, múltiplo del parche de los pesos.</translation>
    </message>
    <message>
      <source>nothing</source>
      <translation>nada</translation>
    </message>
    <message>
      <source>the same ground</source>
      <translation>el mismo terreno</translation>
    </message>
    <message>
      <source>other ground in each</source>
      <translation>terreno distinto</translation>
    </message>
    <message>
      <source>What is hidden in the images of a pair while the encoder learns to fill gaps.</source>
      <translation>Qué se oculta en las imágenes de un par mientras el codificador aprende a rellenar huecos.</translation>
    </message>
    <message>
      <source>A raster of classes: places with like classes shall look alike to the encoder.</source>
      <translation>Un ráster de clases: los lugares con clases parecidas deben parecerle semejantes al codificador.</translation>
    </message>
    <message>
      <source>until no gain</source>
      <translation>hasta no mejorar</translation>
    </message>
    <message>
      <source>Correct a shift</source>
      <translation>Corregir desplazamiento</translation>
    </message>
    <message>
      <source>Takes out the shift between the images of a pair, where one is found.</source>
      <translation>Elimina el desplazamiento entre las imágenes de un par, donde se encuentre.</translation>
    </message>
    <message>
      <source>From random weights</source>
      <translation>Con pesos aleatorios</translation>
    </message>
    <message>
      <source>For comparison: what is learned without the weights to begin with.</source>
      <translation>Para comparar: lo que se aprende sin partir de los pesos.</translation>
    </message>
    <message>
      <source>Advanced</source>
      <translation>Avanzado</translation>
    </message>
    <message>
      <source>Resolution</source>
      <translation>Resolución</translation>
    </message>
    <message>
      <source>Window</source>
      <translation>Ventana</translation>
    </message>
    <message>
      <source>Hide</source>
      <translation>Ocultar</translation>
    </message>
    <message>
      <source>Land cover</source>
      <translation>Cobertura</translation>
    </message>
    <message>
      <source>Learn to</source>
      <translation>Aprender a</translation>
    </message>
    <message>
      <source>Save as</source>
      <translation>Guardar como</translation>
    </message>
    <message>
      <source>There is no weights file "{path}". Choose one that understands the reference.</source>
      <translation>No existe el archivo de pesos "{path}". Elija uno que entienda la referencia.</translation>
    </message>
    <message>
      <source>The new encoder says of a place what the known one says of it.</source>
      <translation>El codificador nuevo dice de un lugar lo mismo que el conocido.</translation>
    </message>
    <message>
      <source>The same, and places look as different to it as to the known encoder.</source>
      <translation>Lo mismo, y los lugares le parecen tan distintos como al codificador conocido.</translation>
    </message>
    <message>
      <source>The published method: contrasts places and learns from views of the same image. Several times slower. For comparison.</source>
      <translation>El método publicado: contrasta lugares y aprende de vistas de la misma imagen. Varias veces más lento. Para comparar.</translation>
    </message>
    <message>
      <source>Fills hidden parts of the new images. Learns nothing from the reference; for comparison.</source>
      <translation>Rellena partes ocultas de las imágenes nuevas. No aprende nada de la referencia; para comparar.</translation>
    </message>
    <message>
      <source>Agreement on held-out places appears here.</source>
      <translation>Aquí aparece la coincidencia en lugares reservados.</translation>
    </message>
    <message>
      <source>Pairs of the same ground. Click to open it in full size.</source>
      <translation>Pares del mismo terreno. Haga clic para abrir la imagen a tamaño completo.</translation>
    </message>
    <message>
      <source>Use these weights</source>
      <translation>Usar estos pesos</translation>
    </message>
    <message>
      <source>Embedding and training use them from now on, as step "Scene" says.</source>
      <translation>El embedding y el entrenamiento los usan a partir de ahora, como indica el paso "Escena".</translation>
    </message>
    <message>
      <source>Comparing the images…</source>
      <translation>Comparando las imágenes…</translation>
    </message>
    <message>
      <source>Step {step} of at most {total}</source>
      <translation>Paso {step} de como máximo {total}</translation>
    </message>
    <message>
      <source>; held-out places: retrieval@1 {share} %, cosine {cosine}</source>
      <translation>; lugares reservados: retrieval@1 {share} %, coseno {cosine}</translation>
    </message>
    <message>
      <source>held-out places gained no more</source>
      <translation>los lugares reservados no mejoraban más</translation>
    </message>
    <message>
      <source>all steps done</source>
      <translation>todos los pasos hechos</translation>
    </message>
    <message>
      <source>&lt;b&gt;{name}&lt;/b&gt;: {steps} steps in {time}; {ended}.</source>
      <translation>&lt;b&gt;{name}&lt;/b&gt;: {steps} pasos en {time}; {ended}.</translation>
    </message>
    <message>
      <source>Stopped; saved after step {n}.</source>
      <translation>Detenido; guardado después del paso {n}.</translation>
    </message>
    <message>
      <source>Stopped.</source>
      <translation>Detenido.</translation>
    </message>
    <message>
      <source> The best weights so far are kept.</source>
      <translation> Se conservan los mejores pesos hasta ahora.</translation>
    </message>
    <message>
      <source>choose a class map</source>
      <translation>elija un mapa de clases</translation>
    </message>
    <message>
      <source>Draw sample points</source>
      <translation>Generar puntos de muestreo</translation>
    </message>
    <message>
      <source>At random inside each class. Say what is there without looking at the map.</source>
      <translation>Al azar dentro de cada clase. Indique qué hay allí sin mirar el mapa.</translation>
    </message>
    <message>
      <source>choose a point layer</source>
      <translation>elija una capa de puntos</translation>
    </message>
    <message>
      <source>What is there in truth. Choosing a class goes on to the next point without one.</source>
      <translation>Lo que hay en realidad. Al elegir una clase se pasa al siguiente punto sin clase.</translation>
    </message>
    <message>
      <source>Previous</source>
      <translation>Anterior</translation>
    </message>
    <message>
      <source>Next</source>
      <translation>Siguiente</translation>
    </message>
    <message>
      <source>Compare</source>
      <translation>Comparar</translation>
    </message>
    <message>
      <source>Open report</source>
      <translation>Abrir informe</translation>
    </message>
    <message>
      <source>Points per class</source>
      <translation>Puntos por clase</translation>
    </message>
    <message>
      <source>It is</source>
      <translation>Clase real</translation>
    </message>
    <message>
      <source>Sample</source>
      <translation>Muestra</translation>
    </message>
    <message>
      <source>No point layer is chosen. Use "Draw sample points" and say what is there, or choose a layer.</source>
      <translation>No se ha elegido ninguna capa de puntos. Use "Generar puntos de muestreo" e indique qué hay allí, o elija una capa.</translation>
    </message>
    <message>
      <source>Layer "{name}" could not be saved: {errors} Save it yourself and try again.</source>
      <translation>La capa "{name}" no se pudo guardar: {errors} Guárdela usted e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>not known yet</source>
      <translation>aún sin saber</translation>
    </message>
    <message>
      <source>No class map is chosen. Make one in step "Train" or "Map", or choose one that a prediction wrote.</source>
      <translation>No se ha elegido ningún mapa de clases. Cree uno en el paso "Entrenar" o "Mapa", o elija uno escrito por una predicción.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Point {n} of {all}&lt;/b&gt;, {done} with a class</source>
      <translation>&lt;b&gt;Punto {n} de {all}&lt;/b&gt;, {done} con clase</translation>
    </message>
    <message>
      <source>Packages</source>
      <translation>Paquetes</translation>
    </message>
    <message>
      <source>Folder for the backend</source>
      <translation>Carpeta del backend</translation>
    </message>
    <message>
      <source>in the QGIS profile</source>
      <translation>en el perfil de QGIS</translation>
    </message>
    <message>
      <source>Python to make the environment from</source>
      <translation>Python con el que crear el entorno</translation>
    </message>
    <message>
      <source>found or fetched by itself</source>
      <translation>se busca o descarga solo</translation>
    </message>
    <message>
      <source>as the system has it</source>
      <translation>el del sistema</translation>
    </message>
    <message>
      <source>Address of a package index (a mirror of your organisation, for example).</source>
      <translation>Dirección de un índice de paquetes (por ejemplo, una réplica de su organización).</translation>
    </message>
    <message>
      <source>as packaged</source>
      <translation>el del complemento</translation>
    </message>
    <message>
      <source>Address of PyTorch's own index, or of a mirror: it has builds for more cards.</source>
      <translation>Dirección del índice propio de PyTorch o de una réplica: tiene variantes para más tarjetas.</translation>
    </message>
    <message>
      <source>Install from an offline bundle…</source>
      <translation>Instalar desde archivo sin conexión…</translation>
    </message>
    <message>
      <source>Make an offline bundle…</source>
      <translation>Crear archivo sin conexión…</translation>
    </message>
    <message>
      <source>One file with all packages and a Python, for a computer of this kind without network.</source>
      <translation>Un solo archivo con todos los paquetes y un Python, para un equipo de este tipo sin red.</translation>
    </message>
    <message>
      <source>Use my own environment…</source>
      <translation>Usar mi propio entorno…</translation>
    </message>
    <message>
      <source>Compute on another machine…</source>
      <translation>Calcular en otro equipo…</translation>
    </message>
    <message>
      <source>Install it again</source>
      <translation>Instalarlo de nuevo</translation>
    </message>
    <message>
      <source>For a backend that does not start any more: its packages are fetched anew.</source>
      <translation>Para un backend que ya no se inicia: sus paquetes se vuelven a descargar.</translation>
    </message>
    <message>
      <source>Remove the backend…</source>
      <translation>Eliminar el backend…</translation>
    </message>
    <message>
      <source>Update the backend</source>
      <translation>Actualizar el backend</translation>
    </message>
    <message>
      <source>{title} (recommended)</source>
      <translation>{title} (recomendado)</translation>
    </message>
    <message>
      <source>Options of the installation</source>
      <translation>Opciones de instalación</translation>
    </message>
    <message>
      <source>Folder</source>
      <translation>Carpeta</translation>
    </message>
    <message>
      <source>Python</source>
      <translation>Python</translation>
    </message>
    <message>
      <source>Package index</source>
      <translation>Índice de paquetes</translation>
    </message>
    <message>
      <source>PyTorch's index</source>
      <translation>Índice de PyTorch</translation>
    </message>
    <message>
      <source>Choose the Python of an environment that has backend/requirements.txt installed</source>
      <translation>Elija el Python de un entorno que tenga instalado backend/requirements.txt</translation>
    </message>
    <message>
      <source>Choose an offline bundle</source>
      <translation>Elegir un archivo sin conexión</translation>
    </message>
    <message>
      <source>Write an offline bundle</source>
      <translation>Escribir un archivo sin conexión</translation>
    </message>
    <message>
      <source>Remove the backend from this computer? Your results, models and weights stay.</source>
      <translation>¿Eliminar el backend de este equipo? Sus resultados, modelos y pesos se conservan.</translation>
    </message>
    <message>
      <source>Remove the backend</source>
      <translation>Eliminar el backend</translation>
    </message>
    <message>
      <source>Reset</source>
      <translation>Restablecer</translation>
    </message>
    <message>
      <source>Forget the bands and units chosen for layers like this one, and take what is proposed</source>
      <translation>Olvidar las bandas y unidades elegidas para capas como esta y tomar lo que se propone</translation>
    </message>
    <message>
      <source>by name</source>
      <translation>por nombre</translation>
    </message>
    <message>
      <source>by wavelength</source>
      <translation>por longitud de onda</translation>
    </message>
    <message>
      <source>by order</source>
      <translation>por orden</translation>
    </message>
    <message>
      <source>by colour</source>
      <translation>por color</translation>
    </message>
    <message>
      <source>chosen</source>
      <translation>elegidas</translation>
    </message>
    <message>
      <source>Bands: {found} of {wanted}, {how}</source>
      <translation>Bandas: {found} de {wanted}, {how}</translation>
    </message>
    <message>
      <source>Bands: choose which is which</source>
      <translation>Bandas: elija cuál es cada una</translation>
    </message>
    <message>
      <source>not in this layer</source>
      <translation>no está en esta capa</translation>
    </message>
    <message>
      <source>band {n}: {name}</source>
      <translation>banda {n}: {name}</translation>
    </message>
    <message>
      <source>Rename</source>
      <translation>Renombrar</translation>
    </message>
    <message>
      <source>Colour…</source>
      <translation>Color…</translation>
    </message>
    <message>
      <source>Take into account</source>
      <translation>Tener en cuenta</translation>
    </message>
    <message>
      <source>Ignore</source>
      <translation>Ignorar</translation>
    </message>
    <message>
      <source>Move up</source>
      <translation>Subir</translation>
    </message>
    <message>
      <source>Move down</source>
      <translation>Bajar</translation>
    </message>
    <message>
      <source>Merge into</source>
      <translation>Fusionar con</translation>
    </message>
    <message>
      <source>Split: selected polygons become a class</source>
      <translation>Dividir: los polígonos seleccionados forman una clase</translation>
    </message>
    <message>
      <source>Select its polygons</source>
      <translation>Seleccionar sus polígonos</translation>
    </message>
    <message>
      <source>Zoom to its polygons</source>
      <translation>Zum a sus polígonos</translation>
    </message>
    <message>
      <source>Remove with its {n} polygons</source>
      <translation>Eliminar con sus {n} polígonos</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Eliminar</translation>
    </message>
    <message>
      <source>Import from a file…</source>
      <translation>Importar de un archivo…</translation>
    </message>
    <message>
      <source>Export as CSV…</source>
      <translation>Exportar como CSV…</translation>
    </message>
    <message>
      <source>Export as class list of SCP…</source>
      <translation>Exportar como lista de clases de SCP…</translation>
    </message>
    <message>
      <source>Export as QML style…</source>
      <translation>Exportar como estilo QML…</translation>
    </message>
    <message>
      <source>Class</source>
      <translation>Clase</translation>
    </message>
    <message>
      <source>Add a class</source>
      <translation>Añadir una clase</translation>
    </message>
    <message>
      <source>Remove the chosen class</source>
      <translation>Eliminar la clase elegida</translation>
    </message>
    <message>
      <source>Undo the last change of the class list</source>
      <translation>Deshacer el último cambio de la lista de clases</translation>
    </message>
    <message>
      <source>Scheme</source>
      <translation>Esquema</translation>
    </message>
    <message>
      <source>Take the classes of a ready scheme or a file, or save them</source>
      <translation>Tomar las clases de un esquema ya hecho o de un archivo, o guardarlas</translation>
    </message>
    <message>
      <source>Class "{name}" is removed. The arrow above brings it back.</source>
      <translation>Se ha eliminado la clase "{name}". La flecha de arriba la recupera.</translation>
    </message>
    <message>
      <source>The classes are saved in "{path}".</source>
      <translation>Las clases se han guardado en "{path}".</translation>
    </message>
    <message>
      <source>Class lists (*.csv *.txt *.qml);;All files (*)</source>
      <translation>Listas de clases (*.csv *.txt *.qml);;Todos los archivos (*)</translation>
    </message>
    <message>
      <source>Import classes</source>
      <translation>Importar clases</translation>
    </message>
    <message>
      <source>QML styles (*.qml)</source>
      <translation>Estilos QML (*.qml)</translation>
    </message>
    <message>
      <source>Tables (*.csv)</source>
      <translation>Tablas (*.csv)</translation>
    </message>
    <message>
      <source>Export classes</source>
      <translation>Exportar clases</translation>
    </message>
    <message>
      <source>There is a class "{name}" already. Choose another name, or merge the two (right-click).</source>
      <translation>Ya hay una clase "{name}". Elija otro nombre o fusione las dos (clic derecho).</translation>
    </message>
    <message>
      <source>Class "{name}" has {n} polygons. Merge it into another class, or remove it with its polygons.</source>
      <translation>La clase "{name}" tiene {n} polígonos. Fusiónela con otra clase o elimínela con sus polígonos.</translation>
    </message>
    <message>
      <source>Poly.</source>
      <translation>Pol.</translation>
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
      <translation>Cuántos polígonos tiene</translation>
    </message>
    <message>
      <source>How many pixels its polygons cover, roughly</source>
      <translation>Cuántos píxeles cubren sus polígonos, aproximadamente</translation>
    </message>
    <message>
      <source>F1 on held-out polygons after the last training</source>
      <translation>F1 en polígonos reservados tras el último entrenamiento</translation>
    </message>
    <message>
      <source>Classes</source>
      <translation>Clases</translation>
    </message>
    <message>
      <source>The chosen class is given to the polygons you draw: click it, or press its number. Double-click a name to change it, drag its number to move it, right-click it for more. The polygons of a class without a tick are ignored.</source>
      <translation>La clase elegida se asigna a los polígonos que dibuje: haga clic en ella o pulse su número. Haga doble clic en un nombre para cambiarlo, arrastre su número para moverla, haga clic derecho para ver más opciones. Los polígonos de una clase sin marcar se ignoran.</translation>
    </message>
    <message>
      <source>Colour of class "{name}"</source>
      <translation>Color de la clase "{name}"</translation>
    </message>
    <message>
      <source>{name} (value {value})</source>
      <translation>{name} (valor {value})</translation>
    </message>
    <message>
      <source>Suggested</source>
      <translation>Sugerido</translation>
    </message>
    <message>
      <source>How many groups; at the lowest value, as many as the data suggest.</source>
      <translation>Cuántos grupos; con el valor mínimo, los que sugieran los datos.</translation>
    </message>
    <message>
      <source>Find groups</source>
      <translation>Buscar grupos</translation>
    </message>
    <message>
      <source>Groups the pixels of the embedding by likeness, without labels.</source>
      <translation>Agrupa los píxeles del embedding por semejanza, sin etiquetas.</translation>
    </message>
    <message>
      <source>Double-click a name to change it.</source>
      <translation>Haga doble clic en un nombre para cambiarlo.</translation>
    </message>
    <message>
      <source>Make this a class</source>
      <translation>Convertir en clase</translation>
    </message>
    <message>
      <source>Adds the chosen group in view to the label layer, as polygons of a class.</source>
      <translation>Añade lo que hay a la vista del grupo elegido a la capa de etiquetas, como polígonos de una clase.</translation>
    </message>
    <message>
      <source>Number</source>
      <translation>Número</translation>
    </message>
    <message>
      <source>{n} %</source>
      <translation>{n} %</translation>
    </message>
    <message>
      <source>{n} groups; the data suggest {k}.</source>
      <translation>{n} grupos; los datos sugieren {k}.</translation>
    </message>
    <message>
      <source>First run</source>
      <translation>Primera ejecución</translation>
    </message>
    <message>
      <source>Second run</source>
      <translation>Segunda ejecución</translation>
    </message>
    <message>
      <source>Map the difference</source>
      <translation>Mapa de diferencias</translation>
    </message>
    <message>
      <source>Writes a map of where the classes differ, from which class to which.</source>
      <translation>Escribe un mapa de dónde difieren las clases, y de qué clase a cuál.</translation>
    </message>
    <message>
      <source>From</source>
      <translation>Origen</translation>
    </message>
    <message>
      <source>To</source>
      <translation>Destino</translation>
    </message>
    <message>
      <source>&lt;b&gt;The same class on {share} of {area} ha&lt;/b&gt;; kappa {kappa}</source>
      <translation>&lt;b&gt;La misma clase en {share} de {area} ha&lt;/b&gt;; kappa {kappa}</translation>
    </message>
    <message>
      <source>and {n} more, in the table beside the map</source>
      <translation>y {n} más, en la tabla junto al mapa</translation>
    </message>
    <message>
      <source>Choose two different runs.</source>
      <translation>Elija dos ejecuciones distintas.</translation>
    </message>
    <message>
      <source>No two class maps to compare</source>
      <translation>No hay dos mapas de clases que comparar</translation>
    </message>
    <message>
      <source>{area} ha</source>
      <translation>{area} ha</translation>
    </message>
    <message>
      <source>Training: some seconds, as the scene is an embedding already.</source>
      <translation>Entrenamiento: algunos segundos, porque la escena ya es un embedding.</translation>
    </message>
    <message>
      <source>Training: {low} to {high}, {memory} of memory.</source>
      <translation>Entrenamiento: de {low} a {high}, {memory} de memoria.</translation>
    </message>
    <message>
      <source>Map: {disk} on disk, a moment's work.</source>
      <translation>Mapa: {disk} en disco, cosa de un momento.</translation>
    </message>
    <message>
      <source>Map: {time}, {memory} of memory, {disk} on disk.</source>
      <translation>Mapa: {time}, {memory} de memoria, {disk} en disco.</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Reanudar</translation>
    </message>
    <message>
      <source>Forget</source>
      <translation>Olvidar</translation>
    </message>
    <message>
      <source>Takes this note away; the files of the training stay.</source>
      <translation>Quita esta nota; los archivos del entrenamiento se conservan.</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS before anything was saved ({time}).</source>
      <translation>El entrenamiento {name} terminó al cerrarse QGIS, antes de guardar nada ({time}).</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS; saved at step {step} ({time}).</source>
      <translation>El entrenamiento {name} terminó al cerrarse QGIS; guardado en el paso {step} ({time}).</translation>
    </message>
    <message>
      <source>Training {name} ended with QGIS; saved at step {step} of {steps} ({time}).</source>
      <translation>El entrenamiento {name} terminó al cerrarse QGIS; guardado en el paso {step} de {steps} ({time}).</translation>
    </message>
    <message>
      <source>Usable</source>
      <translation>Utilizable</translation>
    </message>
    <message>
      <source>Not usable</source>
      <translation>No utilizable</translation>
    </message>
    <message>
      <source>✓ Chosen</source>
      <translation>✓ Elegido</translation>
    </message>
    <message>
      <source>Choose</source>
      <translation>Elegir</translation>
    </message>
    <message>
      <source>{name} is chosen</source>
      <translation>{name}: elegido</translation>
    </message>
    <message>
      <source>Choose {name}</source>
      <translation>Elegir {name}</translation>
    </message>
    <message>
      <source>The scene would take about {time} here.</source>
      <translation>Aquí la escena tardaría aproximadamente {time}.</translation>
    </message>
    <message>
      <source>Not measured yet.</source>
      <translation>Aún sin medir.</translation>
    </message>
    <message>
      <source>Measured on one tile of {side} × {side} pixels, and compared with the CPU in 32 bit:</source>
      <translation>Medido en una tesela de {side} × {side} píxeles y comparado con la CPU en 32 bits:</translation>
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
      <translation>{precision}: {error}</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, but the result is off by {n} (cosine distance): do not use it</source>
      <translation>{precision}: {seconds} s, pero el resultado se desvía en {n} (distancia del coseno): no se debe usar</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, {speed} pixels a second, off by {n}; recommended</source>
      <translation>{precision}: {seconds} s, {speed} píxeles por segundo, desviación {n}; recomendado</translation>
    </message>
    <message>
      <source>{precision}: {seconds} s, {speed} pixels a second, off by {n}</source>
      <translation>{precision}: {seconds} s, {speed} píxeles por segundo, desviación {n}</translation>
    </message>
    <message>
      <source>Memory: {total}, {free} free</source>
      <translation>Memoria: {total}, {free} libres</translation>
    </message>
    <message>
      <source>Memory: {total}</source>
      <translation>Memoria: {total}</translation>
    </message>
    <message>
      <source>Driver: {version}</source>
      <translation>Controlador: {version}</translation>
    </message>
    <message>
      <source>Wheel of PyTorch: {wheel}</source>
      <translation>Wheel de PyTorch: {wheel}</translation>
    </message>
    <message>
      <source>Automatic precision: {precision}</source>
      <translation>Precisión automática: {precision}</translation>
    </message>
    <message>
      <source>Choose automatically</source>
      <translation>Elegir automáticamente</translation>
    </message>
    <message>
      <source>Always takes the fastest kind of device that can be used.</source>
      <translation>Usa siempre el tipo de dispositivo más rápido que esté disponible.</translation>
    </message>
    <message>
      <source>Embeds one real tile on every usable device in each precision that it can compute in, measures the time, and compares the result with the CPU in 32 bit.</source>
      <translation>Embebe una tesela real en cada dispositivo utilizable con cada precisión en la que puede calcular, mide el tiempo y compara el resultado con la CPU en 32 bits.</translation>
    </message>
    <message>
      <source>Look again</source>
      <translation>Actualizar</translation>
    </message>
    <message>
      <source>Asks once more what there is. Measured speeds are forgotten.</source>
      <translation>Consulta de nuevo qué hay. Se olvidan las velocidades medidas.</translation>
    </message>
    <message>
      <source>Copy report</source>
      <translation>Copiar informe</translation>
    </message>
    <message>
      <source>As Markdown, without your name and home folder.</source>
      <translation>Como Markdown, sin su nombre ni su carpeta personal.</translation>
    </message>
    <message>
      <source>The backend takes this number of threads when it starts next.</source>
      <translation>El backend usará este número de hilos la próxima vez que se inicie.</translation>
    </message>
    <message>
      <source>Restart the backend now</source>
      <translation>Reiniciar el backend ahora</translation>
    </message>
    <message>
      <source>Asking the backend what this machine has…</source>
      <translation>Consultando al backend qué tiene este equipo…</translation>
    </message>
    <message>
      <source>Chosen: {name}.</source>
      <translation>Elegido: {name}.</translation>
    </message>
    <message>
      <source>"{name}" was chosen before, but cannot be used now.</source>
      <translation>"{name}" se eligió antes, pero ahora no se puede usar.</translation>
    </message>
    <message>
      <source>Limits</source>
      <translation>Límites</translation>
    </message>
    <message>
      <source>Checks</source>
      <translation>Comprobaciones</translation>
    </message>
    <message>
      <source>Memory ceiling</source>
      <translation>Memoria máxima</translation>
    </message>
    <message>
      <source>Precision</source>
      <translation>Precisión</translation>
    </message>
    <message>
      <source>Testing…</source>
      <translation>Probando…</translation>
    </message>
    <message>
      <source>Test all</source>
      <translation>Probar todos</translation>
    </message>
    <message>
      <source>{device} does not compute in {precision}, and would refuse the work. Choose Automatic here.</source>
      <translation>{device} no calcula en {precision} y rechazaría el trabajo. Elija aquí Automático.</translation>
    </message>
    <message>
      <source>automatic (2 GB)</source>
      <translation>automático (2 GB)</translation>
    </message>
    <message>
      <source>What tiles are chosen for: less memory means smaller tiles, which take longer.</source>
      <translation>Según este valor se eligen las teselas: menos memoria implica teselas más pequeñas, que tardan más.</translation>
    </message>
    <message>
      <source>How finely the encoder computes. 16 bit is faster where the device is built for it, and rounds more: the self-test shows by how much. Automatic takes what suits each device. Training keeps its own rule.</source>
      <translation>Con qué finura calcula el codificador. 16 bits es más rápido si el dispositivo está diseñado para ello, pero redondea más: la autoprueba muestra cuánto. Automático toma lo adecuado para cada dispositivo. El entrenamiento mantiene su propia regla.</translation>
    </message>
    <message>
      <source>Polygon</source>
      <translation>Polígono</translation>
    </message>
    <message>
      <source>Click the corners, end with a right click.</source>
      <translation>Haga clic en los vértices y termine con un clic derecho.</translation>
    </message>
    <message>
      <source>Rectangle</source>
      <translation>Rectángulo</translation>
    </message>
    <message>
      <source>Drag from corner to corner, or click both.</source>
      <translation>Arrastre de esquina a esquina, o haga clic en ambas.</translation>
    </message>
    <message>
      <source>Freehand</source>
      <translation>A mano alzada</translation>
    </message>
    <message>
      <source>Draw the outline with the mouse button held down.</source>
      <translation>Dibuje el contorno con el botón del ratón pulsado.</translation>
    </message>
    <message>
      <source>Point</source>
      <translation>Punto</translation>
    </message>
    <message>
      <source>Click single pixels of the scene, or paint with a brush of some.</source>
      <translation>Haga clic en píxeles sueltos de la escena, o pinte con un pincel de varios.</translation>
    </message>
    <message>
      <source>Smart select</source>
      <translation>Selección inteligente</translation>
    </message>
    <message>
      <source>One click finds the area around that looks alike.</source>
      <translation>Un clic encuentra el área de alrededor que se parece.</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Deshacer</translation>
    </message>
    <message>
      <source>Takes back the last edit of the labels (Ctrl+Z on the map).</source>
      <translation>Deshace la última edición de las etiquetas (Ctrl+Z en el mapa).</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Rehacer</translation>
    </message>
    <message>
      <source>Does it again (Ctrl+Shift+Z on the map).</source>
      <translation>La vuelve a hacer (Ctrl+Mayús+Z en el mapa).</translation>
    </message>
    <message>
      <source>Save edits</source>
      <translation>Guardar ediciones</translation>
    </message>
    <message>
      <source>Writes the edits to the file; you can go on drawing.</source>
      <translation>Escribe las ediciones en el archivo; puede seguir dibujando.</translation>
    </message>
    <message>
      <source> px</source>
      <translation> px</translation>
    </message>
    <message>
      <source>Size of the brush</source>
      <translation>Tamaño del pincel</translation>
    </message>
    <message>
      <source>Side of the square that a click makes, in pixels of the scene.</source>
      <translation>Lado del cuadrado que crea un clic, en píxeles de la escena.</translation>
    </message>
    <message>
      <source>How far the area grows</source>
      <translation>Cuánto crece el área</translation>
    </message>
    <message>
      <source>How far the area grows; also Ctrl and the mouse wheel over the map.</source>
      <translation>Cuánto crece el área; también con Ctrl y la rueda del ratón sobre el mapa.</translation>
    </message>
    <message>
      <source>Accept</source>
      <translation>Aceptar</translation>
    </message>
    <message>
      <source>Makes it a polygon of the chosen class (Enter, or a double click).</source>
      <translation>La convierte en un polígono de la clase elegida (Intro o doble clic).</translation>
    </message>
    <message>
      <source>Size</source>
      <translation>Tamaño</translation>
    </message>
    <message>
      <source>How far</source>
      <translation>Alcance</translation>
    </message>
    <message>
      <source>More options</source>
      <translation>Más opciones</translation>
    </message>
    <message>
      <source>As in the weights</source>
      <translation>Como en los pesos</translation>
    </message>
    <message>
      <source>From this scene</source>
      <translation>De esta escena</translation>
    </message>
    <message>
      <source>From each tile</source>
      <translation>De cada tesela</translation>
    </message>
    <message>
      <source>Statistics stored with the weights: the same place gives the same embedding in every scene.</source>
      <translation>Estadísticas guardadas con los pesos: el mismo lugar da el mismo embedding en cualquier escena.</translation>
    </message>
    <message>
      <source>Statistics of a sample of this scene: for scenes unlike Sentinel-2, but scenes do not compare.</source>
      <translation>Estadísticas de una muestra de esta escena: para escenas distintas de Sentinel-2, pero las escenas no son comparables entre sí.</translation>
    </message>
    <message>
      <source>Statistics of each tile by itself, as the encoder was trained: seams show, values vary.</source>
      <translation>Estadísticas de cada tesela por separado, como se entrenó el codificador: se ven costuras y los valores varían.</translation>
    </message>
    <message>
      <source>Which principal components are kept. Those of the weights are the same for every scene; those of this scene keep more of what differs in it, but cannot be compared with other scenes.</source>
      <translation>Qué componentes principales se conservan. Las de los pesos son las mismas para todas las escenas; las de esta escena conservan más de lo que varía en ella, pero no se pueden comparar con otras escenas.</translation>
    </message>
    <message>
      <source>{n} × {n} pixels</source>
      <translation>{n} × {n} píxeles</translation>
    </message>
    <message>
      <source>How much is computed at once. It does not change the result.</source>
      <translation>Cuánto se calcula de una vez. No cambia el resultado.</translation>
    </message>
    <message>
      <source>Clear cache</source>
      <translation>Vaciar caché</translation>
    </message>
    <message>
      <source>Removes kept results; files that you saved stay.</source>
      <translation>Elimina los resultados conservados; los archivos que guardó permanecen.</translation>
    </message>
    <message>
      <source>Normalisation</source>
      <translation>Normalización</translation>
    </message>
    <message>
      <source>Components</source>
      <translation>Componentes</translation>
    </message>
    <message>
      <source>Tiles</source>
      <translation>Teselas</translation>
    </message>
    <message>
      <source>Clearing the cache…</source>
      <translation>Vaciando la caché…</translation>
    </message>
    <message>
      <source>Cache: …</source>
      <translation>Caché: …</translation>
    </message>
    <message>
      <source>0 MB</source>
      <translation>0 MB</translation>
    </message>
    <message>
      <source>Cache: {used}, switched off</source>
      <translation>Caché: {used}, desactivada</translation>
    </message>
    <message>
      <source>Cache: {used} of {limit}</source>
      <translation>Caché: {used} de {limit}</translation>
    </message>
    <message>
      <source>every pixel</source>
      <translation>cada píxel</translation>
    </message>
    <message>
      <source>one value for {n} × {n} pixels</source>
      <translation>un valor por cada {n} × {n} píxeles</translation>
    </message>
    <message>
      <source>{n} components</source>
      <translation>{n} componentes</translation>
    </message>
    <message>
      <source>all channels</source>
      <translation>todos los canales</translation>
    </message>
    <message>
      <source>8 bit, small files</source>
      <translation>8 bits, archivos pequeños</translation>
    </message>
    <message>
      <source>16 bit float</source>
      <translation>16 bits, coma flotante</translation>
    </message>
    <message>
      <source>32 bit float, exact</source>
      <translation>32 bits, coma flotante, exacto</translation>
    </message>
    <message>
      <source>GeoTIFF (*.tif)</source>
      <translation>GeoTIFF (*.tif)</translation>
    </message>
    <message>
      <source>Save the embedding as</source>
      <translation>Guardar el embedding como</translation>
    </message>
    <message>
      <source>Embed layer</source>
      <translation>Embeber capa</translation>
    </message>
    <message>
      <source>Detail</source>
      <translation>Detalle</translation>
    </message>
    <message>
      <source>Bands</source>
      <translation>Bandas</translation>
    </message>
    <message>
      <source>Values</source>
      <translation>Valores</translation>
    </message>
    <message>
      <source>"{out}" is not a full path. Choose where to save the embedding.</source>
      <translation>"{out}" no es una ruta completa. Elija dónde guardar el embedding.</translation>
    </message>
    <message>
      <source>The embedding would overwrite the scene itself. Choose another file name.</source>
      <translation>El embedding sobrescribiría la propia escena. Elija otro nombre de archivo.</translation>
    </message>
    <message>
      <source>This is an embedding already ({found}): train and predict with it as it is.</source>
      <translation>Esto ya es un embedding ({found}): entrene y prediga con él tal como está.</translation>
    </message>
    <message>
      <source>Takes {time}, {memory} of memory, {disk} on disk</source>
      <translation>Requiere {time}, {memory} de memoria, {disk} en disco</translation>
    </message>
    <message>
      <source>Later</source>
      <translation>Más tarde</translation>
    </message>
    <message>
      <source>Options…</source>
      <translation>Opciones…</translation>
    </message>
    <message>
      <source>Folder, Python, graphics card, offline bundle, another machine</source>
      <translation>Carpeta, Python, tarjeta gráfica, archivo sin conexión, otro equipo</translation>
    </message>
    <message>
      <source>&lt;b&gt;The backend is older than the plugin.&lt;/b&gt; It goes on working until it is updated.</source>
      <translation>&lt;b&gt;El backend es más antiguo que el complemento.&lt;/b&gt; Seguirá funcionando hasta que se actualice.</translation>
    </message>
    <message>
      <source>&lt;b&gt;One more step.&lt;/b&gt; MMEarth computes in an environment of its own, beside QGIS, and there is none yet.</source>
      <translation>&lt;b&gt;Un paso más.&lt;/b&gt; MMEarth calcula en un entorno propio, aparte de QGIS, y aún no hay ninguno.</translation>
    </message>
    <message>
      <source>choose an embedding</source>
      <translation>elija un embedding</translation>
    </message>
    <message>
      <source>There is no embedding yet. Embed the scene first: this page looks into what comes.</source>
      <translation>Aún no hay ningún embedding. Embeba primero la escena: esta página explora el resultado.</translation>
    </message>
    <message>
      <source>Go to step Embed</source>
      <translation>Ir al paso Embeber</translation>
    </message>
    <message>
      <source>Show as colours</source>
      <translation>Mostrar como colores</translation>
    </message>
    <message>
      <source>The three strongest components as red, green and blue, stretched to what is in view. Again: as before.</source>
      <translation>Las tres componentes más fuertes como rojo, verde y azul, realzadas según lo que está a la vista. Otra vez: como antes.</translation>
    </message>
    <message>
      <source>No embedding is chosen. Embed the scene first, in step "Embed".</source>
      <translation>No se ha elegido ningún embedding. Embeba primero la escena, en el paso "Embeber".</translation>
    </message>
    <message>
      <source>What to export</source>
      <translation>Qué exportar</translation>
    </message>
    <message>
      <source>as the map</source>
      <translation>como el mapa</translation>
    </message>
    <message>
      <source>Classes keep the nearest pixel; numbers are averaged or interpolated.</source>
      <translation>Las clases conservan el píxel más cercano; los números se promedian o se interpolan.</translation>
    </message>
    <message>
      <source>What</source>
      <translation>Qué</translation>
    </message>
    <message>
      <source>CRS</source>
      <translation>SRC</translation>
    </message>
    <message>
      <source>Pixel size</source>
      <translation>Tamaño de píxel</translation>
    </message>
    <message>
      <source>No file is chosen for the export. Choose one under "To".</source>
      <translation>No se ha elegido ningún archivo para la exportación. Elija uno en "Destino".</translation>
    </message>
    <message>
      <source>"{path}" is no full path. Choose the file with the button "…".</source>
      <translation>"{path}" no es una ruta completa. Elija el archivo con el botón "…".</translation>
    </message>
    <message>
      <source>Figures of the report</source>
      <translation>Figuras del informe</translation>
    </message>
    <message>
      <source>Request file</source>
      <translation>Archivo de petición</translation>
    </message>
    <message>
      <source>Model</source>
      <translation>Modelo</translation>
    </message>
    <message>
      <source>Probabilities</source>
      <translation>Probabilidades</translation>
    </message>
    <message>
      <source>90 % interval</source>
      <translation>Intervalo del 90 %</translation>
    </message>
    <message>
      <source>Single polygons</source>
      <translation>Polígonos sueltos</translation>
    </message>
    <message>
      <source>Blocks of neighbours</source>
      <translation>Bloques de vecinos</translation>
    </message>
    <message>
      <source>What is held out together for the score. Blocks are more honest where polygons lie close together.</source>
      <translation>Qué se reserva junto para la puntuación. Los bloques son más fiables si los polígonos están muy juntos.</translation>
    </message>
    <message>
      <source>Train and predict</source>
      <translation>Entrenar y predecir</translation>
    </message>
    <message>
      <source>Classifier</source>
      <translation>Clasificador</translation>
    </message>
    <message>
      <source>Hold out</source>
      <translation>Reservar</translation>
    </message>
    <message>
      <source>Few polygons: quick classifier</source>
      <translation>Pocos polígonos: clasificador rápido</translation>
    </message>
    <message>
      <source>Save the model as</source>
      <translation>Guardar el modelo como</translation>
    </message>
    <message>
      <source>Fine-tune</source>
      <translation>Ajuste fino</translation>
    </message>
    <message>
      <source>"{path}" is not a full path. Choose where to save the model.</source>
      <translation>"{path}" no es una ruta completa. Elija dónde guardar el modelo.</translation>
    </message>
    <message>
      <source>A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. Resume it, or choose another file name.</source>
      <translation>Una ejecución de "{name}" se detuvo después del paso {step}; una nueva sobrescribiría lo que guardó. Reanúdela o elija otro nombre de archivo.</translation>
    </message>
    <message>
      <source>Resume after step {n}</source>
      <translation>Reanudar tras el paso {n}</translation>
    </message>
    <message>
      <source>Resume last run, step {n}</source>
      <translation>Reanudar la última, paso {n}</translation>
    </message>
    <message>
      <source>As MMEarth's authors</source>
      <translation>Como los autores de MMEarth</translation>
    </message>
    <message>
      <source>What is held out together for the score. Blocks are more honest where labels lie close together.</source>
      <translation>Qué se reserva junto para la puntuación. Los bloques son más fiables si las etiquetas están muy juntas.</translation>
    </message>
    <message>
      <source>This share of the labels teaches nothing; it says when to stop, and scores.</source>
      <translation>Esta parte de las etiquetas no se usa para aprender; indica cuándo parar y da la puntuación.</translation>
    </message>
    <message>
      <source>For comparison: what the network learns without any pretraining.</source>
      <translation>Para comparar: lo que aprende la red sin ningún preentrenamiento.</translation>
    </message>
    <message>
      <source>Share</source>
      <translation>Proporción</translation>
    </message>
    <message>
      <source>Train</source>
      <translation>Entrenar</translation>
    </message>
    <message>
      <source>Starts with the quick classifier and trains more while held-out labels gain from it.</source>
      <translation>Empieza con el clasificador rápido y entrena más mientras mejoren las etiquetas reservadas.</translation>
    </message>
    <message>
      <source>One linear layer on the encoder as it is. Quick; hard to overfit.</source>
      <translation>Una capa lineal sobre el codificador tal como está. Rápida; difícil que sobreajuste.</translation>
    </message>
    <message>
      <source>A decoder for sharp outlines on the encoder as it is. From some fifty polygons.</source>
      <translation>Un decodificador para contornos nítidos sobre el codificador tal como está. A partir de unos cincuenta polígonos.</translation>
    </message>
    <message>
      <source>The decoder and the encoder's last stages. From some hundred polygons.</source>
      <translation>El decodificador y las últimas etapas del codificador. A partir de unos cien polígonos.</translation>
    </message>
    <message>
      <source>The whole network. Slowest; for many labels, or ground unlike the encoder's.</source>
      <translation>La red completa. Lo más lento; para muchas etiquetas o terrenos distintos de los del codificador.</translation>
    </message>
    <message>
      <source>Roughly {low} to {high} on a processor, much less on a graphics card; {size} on disk meanwhile. It ends by itself once held-out labels gain no more.</source>
      <translation>Aproximadamente de {low} a {high} en un procesador, mucho menos en una tarjeta gráfica; {size} en disco mientras tanto. Termina por sí solo cuando las etiquetas reservadas ya no mejoran.</translation>
    </message>
    <message>
      <source>New label layer</source>
      <translation>Nueva capa de etiquetas</translation>
    </message>
    <message>
      <source>choose a layer of polygons or points</source>
      <translation>elija una capa de polígonos o puntos</translation>
    </message>
    <message>
      <source>Label layer</source>
      <translation>Capa de etiquetas</translation>
    </message>
    <message>
      <source>Class field</source>
      <translation>Campo de clase</translation>
    </message>
    <message>
      <source>Estimates a number (regression)</source>
      <translation>Estima un número (regresión)</translation>
    </message>
    <message>
      <source>Whether the numbers in the field stand for classes, or are to be estimated.</source>
      <translation>Si los números del campo representan clases o se deben estimar.</translation>
    </message>
    <message>
      <source>Layer</source>
      <translation>Capa</translation>
    </message>
    <message>
      <source>Field</source>
      <translation>Campo</translation>
    </message>
    <message>
      <source>Where "{name}" lies is not known yet. Wait until step "Scene" describes it.</source>
      <translation>Aún no se sabe dónde está "{name}". Espere a que el paso "Escena" la describa.</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one, or use "New label layer" and draw polygons.</source>
      <translation>No se ha elegido ninguna capa de etiquetas. Elija una, o use "Nueva capa de etiquetas" y dibuje polígonos.</translation>
    </message>
    <message>
      <source>No class field of layer "{name}" is chosen. Choose the field that says which class it is.</source>
      <translation>No se ha elegido ningún campo de clase de la capa "{name}". Elija el campo que indica de qué clase se trata.</translation>
    </message>
    <message>
      <source>Field "{field}" of layer "{name}" has fewer than two different numbers. Draw more polygons.</source>
      <translation>El campo "{field}" de la capa "{name}" tiene menos de dos números distintos. Dibuje más polígonos.</translation>
    </message>
    <message>
      <source>Layer "{name}" has polygons of {n} class(es) in field "{field}"; at least two are wanted. Choose another class in the list and draw polygons of it.</source>
      <translation>La capa "{name}" tiene polígonos de {n} clase(s) en el campo "{field}"; se necesitan al menos dos. Elija otra clase en la lista y dibuje polígonos de ella.</translation>
    </message>
    <message>
      <source>A point of layer "{name}" labels one pixel, and the pixels of the scene are not known yet. {do}</source>
      <translation>Un punto de la capa "{name}" etiqueta un píxel, y aún no se conocen los píxeles de la escena. {do}</translation>
    </message>
    <message>
      <source>Choose a scene in step "Scene".</source>
      <translation>Elija una escena en el paso "Escena".</translation>
    </message>
    <message>
      <source>A few polygons of each class are enough; five or more give a score.</source>
      <translation>Bastan unos pocos polígonos de cada clase; con cinco o más se obtiene una puntuación.</translation>
    </message>
    <message>
      <source>, {low:g} to {high:g}</source>
      <translation>, de {low:g} a {high:g}</translation>
    </message>
    <message>
      <source>{n} polygons with a number</source>
      <translation>{n} polígonos con un número</translation>
    </message>
    <message>
      <source>{n} polygons in {k} classes</source>
      <translation>{n} polígonos en {k} clases</translation>
    </message>
    <message>
      <source>; ignored: {n}</source>
      <translation>; ignorados: {n}</translation>
    </message>
    <message>
      <source>; unsaved edits: {n}, they count</source>
      <translation>; ediciones sin guardar: {n}, se tienen en cuenta</translation>
    </message>
    <message>
      <source>The model sees also</source>
      <translation>El modelo ve además</translation>
    </message>
    <message>
      <source>Layers on the same ground that tell classes apart: elevation, an index, radar. A model takes them in the order in which they are ticked.</source>
      <translation>Capas del mismo terreno que distinguen clases: elevación, un índice, radar. Un modelo las toma en el orden en que se marcan.</translation>
    </message>
    <message>
      <source>The largest probability, in percent</source>
      <translation>La probabilidad mayor, en porcentaje</translation>
    </message>
    <message>
      <source>One band for each class, in percent</source>
      <translation>Una banda por clase, en porcentaje</translation>
    </message>
    <message>
      <source>The largest minus the second largest probability, in percent</source>
      <translation>La probabilidad mayor menos la segunda mayor, en porcentaje</translation>
    </message>
    <message>
      <source>How evenly the probability is spread over the classes, in percent</source>
      <translation>Lo uniformemente que se reparte la probabilidad entre las clases, en porcentaje</translation>
    </message>
    <message>
      <source>The low and high end that nine of ten true values lie between</source>
      <translation>Los extremos inferior y superior entre los que están nueve de cada diez valores verdaderos</translation>
    </message>
    <message>
      <source>1: as labelled polygons of one class differ from each other; above 2 nothing like it was labelled</source>
      <translation>1: como se diferencian entre sí los polígonos etiquetados de una clase; por encima de 2 no se etiquetó nada parecido</translation>
    </message>
    <message>
      <source>Polygons of the classes</source>
      <translation>Polígonos de las clases</translation>
    </message>
    <message>
      <source> pixels</source>
      <translation> píxeles</translation>
    </message>
    <message>
      <source>Smaller areas of one class are given to their largest neighbour; 0 keeps all.</source>
      <translation>Las áreas menores de una clase se asignan a su vecina mayor; 0 las conserva todas.</translation>
    </message>
    <message>
      <source> m²</source>
      <translation> m²</translation>
    </message>
    <message>
      <source>Smaller polygons are left out; 0 keeps all.</source>
      <translation>Los polígonos menores se omiten; 0 los conserva todos.</translation>
    </message>
    <message>
      <source>How far outlines may move; 0 keeps the edges of the pixels.</source>
      <translation>Cuánto se pueden mover los contornos; 0 conserva los bordes de los píxeles.</translation>
    </message>
    <message>
      <source>Gives each field, parcel or building its class, probability and second choice, or its value.</source>
      <translation>Da a cada campo, parcela o edificio su clase, su probabilidad y su segunda opción, o su valor.</translation>
    </message>
    <message>
      <source>Sieve</source>
      <translation>Filtrado</translation>
    </message>
    <message>
      <source>Smallest</source>
      <translation>Mínimo</translation>
    </message>
    <message>
      <source>Simplify</source>
      <translation>Simplificar</translation>
    </message>
    <message>
      <source>Write also</source>
      <translation>Escribir además</translation>
    </message>
    <message>
      <source>Polygons to classify</source>
      <translation>Polígonos que clasificar</translation>
    </message>
    <message>
      <source>Values of my polygons</source>
      <translation>Valores de mis polígonos</translation>
    </message>
    <message>
      <source>Classify my polygons</source>
      <translation>Clasificar mis polígonos</translation>
    </message>
    <message>
      <source>"{name}" wants a polygon layer. Add one to the project, or untick it.</source>
      <translation>"{name}" necesita una capa de polígonos. Añada una al proyecto o desmarque la opción.</translation>
    </message>
    <message>
      <source>Drone, aerial or satellite image: any bands, no coarser than the reference.</source>
      <translation>Imagen de dron, aérea o de satélite: cualquier banda, no más gruesa que la referencia.</translation>
    </message>
    <message>
      <source>An image of the same ground that the weights understand, as Sentinel-2.</source>
      <translation>Una imagen del mismo terreno que los pesos entienden, como Sentinel-2.</translation>
    </message>
    <message>
      <source>Averaged image</source>
      <translation>Imagen promediada</translation>
    </message>
    <message>
      <source> m pixels</source>
      <translation> m por píxel</translation>
    </message>
    <message>
      <source>The image is averaged to larger pixels and taken as its own reference. It must have bands that the weights know. What differs between two sensors is not learned then.</source>
      <translation>La imagen se promedia a píxeles mayores y sirve como su propia referencia. Debe tener bandas que los pesos conozcan. Lo que distingue a dos sensores no se aprende así.</translation>
    </message>
    <message>
      <source>Add another pair</source>
      <translation>Añadir otro par</translation>
    </message>
    <message>
      <source>Remove pair</source>
      <translation>Quitar par</translation>
    </message>
    <message>
      <source>Keeps the pair chosen above, so that the next one can be chosen there.</source>
      <translation>Guarda el par elegido arriba, para poder elegir allí el siguiente.</translation>
    </message>
    <message>
      <source>No image of the new sensor is chosen. Add it to the project and choose it.</source>
      <translation>No se ha elegido ninguna imagen del sensor nuevo. Añádala al proyecto y elíjala.</translation>
    </message>
    <message>
      <source>No reference is chosen for "{name}". Choose a layer of the same ground that the weights understand, or have the reference made from the image itself.</source>
      <translation>No se ha elegido referencia para "{name}". Elija una capa del mismo terreno que los pesos entiendan, o haga crear la referencia a partir de la propia imagen.</translation>
    </message>
    <message>
      <source>New sensor</source>
      <translation>Sensor nuevo</translation>
    </message>
    <message>
      <source>Reference</source>
      <translation>Referencia</translation>
    </message>
    <message>
      <source>Choose a model</source>
      <translation>Elegir un modelo</translation>
    </message>
    <message>
      <source>Model file (model.zip)</source>
      <translation>Archivo de modelo (model.zip)</translation>
    </message>
    <message>
      <source>About the model</source>
      <translation>Acerca del modelo</translation>
    </message>
    <message>
      <source>Predict</source>
      <translation>Predecir</translation>
    </message>
    <message>
      <source>"{path}" is no model file. Choose a model.zip that a training wrote.</source>
      <translation>"{path}" no es un archivo de modelo. Elija un model.zip escrito por un entrenamiento.</translation>
    </message>
    <message>
      <source>✓ The model serves this scene.</source>
      <translation>✓ El modelo sirve para esta escena.</translation>
    </message>
    <message>
      <source>The model does not serve this scene.</source>
      <translation>El modelo no sirve para esta escena.</translation>
    </message>
    <message>
      <source>The whole scene of step "Scene"</source>
      <translation>Toda la escena del paso "Escena"</translation>
    </message>
    <message>
      <source>Raster files</source>
      <translation>Archivos ráster</translation>
    </message>
    <message>
      <source>MMEarth folder</source>
      <translation>Carpeta MMEarth</translation>
    </message>
    <message>
      <source>Rasters with the same bands</source>
      <translation>Rásteres con las mismas bandas</translation>
    </message>
    <message>
      <source>Folder with data_….h5</source>
      <translation>Carpeta con data_….h5</translation>
    </message>
    <message>
      <source>Random weights</source>
      <translation>Pesos aleatorios</translation>
    </message>
    <message>
      <source>Adapt to another sensor…</source>
      <translation>Adaptar a otro sensor…</translation>
    </message>
    <message>
      <source>Weights for drone, aerial or other satellite images, from pairs of images.</source>
      <translation>Pesos para imágenes de dron, aéreas o de otros satélites, a partir de pares de imágenes.</translation>
    </message>
    <message>
      <source>a folder in the MMEarth layout</source>
      <translation>una carpeta con la estructura de MMEarth</translation>
    </message>
    <message>
      <source>at least one raster file</source>
      <translation>al menos un archivo ráster</translation>
    </message>
    <message>
      <source>The data to learn from were not found: "{found}". Choose {wanted}.</source>
      <translation>No se encontraron los datos de los que aprender: "{found}". Elija {wanted}.</translation>
    </message>
    <message>
      <source>By the amount of data</source>
      <translation>Según la cantidad de datos</translation>
    </message>
    <message>
      <source>As in the paper</source>
      <translation>Como en el artículo</translation>
    </message>
    <message>
      <source>For few data</source>
      <translation>Para pocos datos</translation>
    </message>
    <message>
      <source>8 pixels</source>
      <translation>8 píxeles</translation>
    </message>
    <message>
      <source>16 pixels</source>
      <translation>16 píxeles</translation>
    </message>
    <message>
      <source>Learned</source>
      <translation>Aprendidos</translation>
    </message>
    <message>
      <source>All the same</source>
      <translation>Todos iguales</translation>
    </message>
    <message>
      <source>Cope with missing bands</source>
      <translation>Tolerar bandas ausentes</translation>
    </message>
    <message>
      <source>Bands of some samples are hidden, so that the weights serve fewer bands.</source>
      <translation>En algunas muestras se ocultan bandas, para que los pesos sirvan con menos bandas.</translation>
    </message>
    <message>
      <source>Patches</source>
      <translation>Parches</translation>
    </message>
    <message>
      <source>Task weights</source>
      <translation>Pesos de tareas</translation>
    </message>
    <message>
      <source>Data</source>
      <translation>Datos</translation>
    </message>
    <message>
      <source>Start from</source>
      <translation>Empezar con</translation>
    </message>
    <message>
      <source>Further layers on the same ground:</source>
      <translation>Otras capas del mismo terreno:</translation>
    </message>
    <message>
      <source>There is no weights file "{path}" to start from. Choose one, or start from random weights.</source>
      <translation>No existe el archivo de pesos "{path}" con el que empezar. Elija uno o empiece con pesos aleatorios.</translation>
    </message>
    <message>
      <source>Live preview</source>
      <translation>Vista en vivo</translation>
    </message>
    <message>
      <source>Opacity of the map</source>
      <translation>Opacidad del mapa</translation>
    </message>
    <message>
      <source>Swipe</source>
      <translation>Cortina</translation>
    </message>
    <message>
      <source>Shows the image without the map on one side of a line.</source>
      <translation>Muestra la imagen sin el mapa a un lado de una línea.</translation>
    </message>
    <message>
      <source>Line from left to right</source>
      <translation>Línea de izquierda a derecha</translation>
    </message>
    <message>
      <source>Disagreement</source>
      <translation>Discrepancias</translation>
    </message>
    <message>
      <source>Outlines the polygons in view that the map takes for another class.</source>
      <translation>Contornea los polígonos a la vista que el mapa toma por otra clase.</translation>
    </message>
    <message>
      <source>Next suggestion</source>
      <translation>Siguiente sugerencia</translation>
    </message>
    <message>
      <source>Goes to the next place whose label would teach most (key {key} on the map).</source>
      <translation>Va al siguiente lugar cuya etiqueta más enseñaría (tecla {key} en el mapa).</translation>
    </message>
    <message>
      <source>Polygons that the map takes for another class</source>
      <translation>Polígonos que el mapa toma por otra clase</translation>
    </message>
    <message>
      <source>Shows the map of what is in view while you draw: a few seconds after each polygon.</source>
      <translation>Muestra el mapa de lo que está a la vista mientras dibuja: unos segundos después de cada polígono.</translation>
    </message>
    <message>
      <source>A preview shows classes only. The labels are numbers to estimate.</source>
      <translation>La vista previa solo muestra clases. Las etiquetas son números que estimar.</translation>
    </message>
    <message>
      <source>No map yet.</source>
      <translation>Aún no hay mapa.</translation>
    </message>
    <message>
      <source>Opacity of the map: {n} %</source>
      <translation>Opacidad del mapa: {n} %</translation>
    </message>
    <message>
      <source>{n} of {all} polygons in view disagree with the map</source>
      <translation>{n} de {all} polígonos a la vista discrepan del mapa</translation>
    </message>
    <message>
      <source>; only {most} are looked at, zoom in for the others</source>
      <translation>; solo se examinan {most}, acérquese para ver los demás</translation>
    </message>
    <message>
      <source>{label} ≠ {found} ({share} %)</source>
      <translation>{label} ≠ {found} ({share} %)</translation>
    </message>
    <message>
      <source>Labelled "{label}"; the map says "{found}" in {share} % of it.</source>
      <translation>Etiquetado como "{label}"; el mapa dice "{found}" en el {share} % de él.</translation>
    </message>
    <message>
      <source>Double-click a line to see the place on the map.</source>
      <translation>Haga doble clic en una línea para ver el lugar en el mapa.</translation>
    </message>
    <message>
      <source>Zoom to</source>
      <translation>Zum a</translation>
    </message>
    <message>
      <source>One thing to look at</source>
      <translation>Un asunto que revisar</translation>
    </message>
    <message>
      <source>{n} things to look at</source>
      <translation>{n} asuntos que revisar</translation>
    </message>
    <message>
      <source>Compute on another machine</source>
      <translation>Calcular en otro equipo</translation>
    </message>
    <message>
      <source>Command that starts the backend</source>
      <translation>Comando que inicia el backend</translation>
    </message>
    <message>
      <source>Folder here</source>
      <translation>Carpeta aquí</translation>
    </message>
    <message>
      <source>The same folder there</source>
      <translation>La misma carpeta allí</translation>
    </message>
    <message>
      <source>Folders that both machines see</source>
      <translation>Carpetas visibles desde ambos equipos</translation>
    </message>
    <message>
      <source>Add a folder…</source>
      <translation>Añadir una carpeta…</translation>
    </message>
    <message>
      <source>Remove the folder</source>
      <translation>Quitar la carpeta</translation>
    </message>
    <message>
      <source>Check connection</source>
      <translation>Comprobar conexión</translation>
    </message>
    <message>
      <source>Connecting…</source>
      <translation>Conectando…</translation>
    </message>
    <message>
      <source>A server with a graphics card can do the computing. It needs the backend of this plugin and the files: rasters and results stay where they are, in folders that both machines see. Without a command, this machine computes.</source>
      <translation>Un servidor con tarjeta gráfica puede encargarse del cálculo. Necesita el backend de este complemento y los archivos: los rásteres y los resultados se quedan donde están, en carpetas visibles desde ambos equipos. Sin comando, calcula este equipo.</translation>
    </message>
    <message>
      <source>Command that starts the backend there, without a question:</source>
      <translation>Comando que inicia el backend allí, sin preguntar nada:</translation>
    </message>
    <message>
      <source>Folders that both machines see:</source>
      <translation>Carpetas visibles desde ambos equipos:</translation>
    </message>
    <message>
      <source>Choose a folder that both machines see</source>
      <translation>Elegir una carpeta visible desde ambos equipos</translation>
    </message>
    <message>
      <source>It works: ready after {seconds} s, {folders} folders checked.</source>
      <translation>Funciona: listo en {seconds} s, carpetas comprobadas: {folders}.</translation>
    </message>
    <message>
      <source>It answers after {seconds} s, but no folder is mapped: add one that has your rasters.</source>
      <translation>Responde en {seconds} s, pero no hay ninguna carpeta asignada: añada una que contenga sus rásteres.</translation>
    </message>
    <message>
      <source>&lt;b&gt;No runs yet.&lt;/b&gt;&lt;br&gt;Every embedding, training and map of this project will be listed here with its score, to be shown again, compared, exported or repeated. The list is saved with the project.</source>
      <translation>&lt;b&gt;Aún no hay ejecuciones.&lt;/b&gt;&lt;br&gt;Cada embedding, entrenamiento y mapa de este proyecto aparecerá aquí con su puntuación, para volver a mostrarlo, compararlo, exportarlo o repetirlo. La lista se guarda con el proyecto.</translation>
    </message>
    <message>
      <source>More that can be done with this run</source>
      <translation>Qué más se puede hacer con esta ejecución</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Más</translation>
    </message>
    <message>
      <source>Runs of this project</source>
      <translation>Ejecuciones de este proyecto</translation>
    </message>
    <message>
      <source>Run</source>
      <translation>Ejecución</translation>
    </message>
    <message>
      <source>Score</source>
      <translation>Puntuación</translation>
    </message>
    <message>
      <source>When</source>
      <translation>Fecha</translation>
    </message>
    <message>
      <source>"{name}" was removed from the list; its files stay.</source>
      <translation>Se ha eliminado "{name}" de la lista; sus archivos se conservan.</translation>
    </message>
    <message>
      <source>files missing</source>
      <translation>faltan archivos</translation>
    </message>
    <message>
      <source>; raw bands {raw}</source>
      <translation>; bandas originales {raw}</translation>
    </message>
    <message>
      <source>Files missing: {names}. Repeat the run, or remove it from the list.</source>
      <translation>Faltan archivos: {names}. Repita la ejecución o elimínela de la lista.</translation>
    </message>
    <message>
      <source>Show on map</source>
      <translation>Mostrar en el mapa</translation>
    </message>
    <message>
      <source>Shows the layers of this run, and hides those of other runs of the scene.</source>
      <translation>Muestra las capas de esta ejecución y oculta las de otras ejecuciones de la escena.</translation>
    </message>
    <message>
      <source>Opens the report of the training in the browser.</source>
      <translation>Abre el informe del entrenamiento en el navegador.</translation>
    </message>
    <message>
      <source>Compare with…</source>
      <translation>Comparar con…</translation>
    </message>
    <message>
      <source>Compares scores and maps with another run.</source>
      <translation>Compara puntuaciones y mapas con otra ejecución.</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exportar…</translation>
    </message>
    <message>
      <source>Writes map, polygons, model, figures or request to another place.</source>
      <translation>Escribe el mapa, los polígonos, el modelo, las figuras o la petición en otro lugar.</translation>
    </message>
    <message>
      <source>Copy request</source>
      <translation>Copiar petición</translation>
    </message>
    <message>
      <source>Copies what was asked as text; `mmearth run` repeats it.</source>
      <translation>Copia lo que se pidió como texto; `mmearth run` lo repite.</translation>
    </message>
    <message>
      <source>Save request as…</source>
      <translation>Guardar petición como…</translation>
    </message>
    <message>
      <source>Saves what was asked as a file; `mmearth run` repeats it.</source>
      <translation>Guarda lo que se pidió como archivo; `mmearth run` lo repite.</translation>
    </message>
    <message>
      <source>Repeat</source>
      <translation>Repetir</translation>
    </message>
    <message>
      <source>Runs the same once more, into new files.</source>
      <translation>Ejecuta lo mismo otra vez, en archivos nuevos.</translation>
    </message>
    <message>
      <source>Open folder</source>
      <translation>Abrir carpeta</translation>
    </message>
    <message>
      <source>Opens the folder with the files of this run.</source>
      <translation>Abre la carpeta con los archivos de esta ejecución.</translation>
    </message>
    <message>
      <source>Gives this run and its layer group another name.</source>
      <translation>Da otro nombre a esta ejecución y a su grupo de capas.</translation>
    </message>
    <message>
      <source>Remove from list</source>
      <translation>Quitar de la lista</translation>
    </message>
    <message>
      <source>Takes this run off the list; its files stay.</source>
      <translation>Quita esta ejecución de la lista; sus archivos se conservan.</translation>
    </message>
    <message>
      <source>Save the weights as</source>
      <translation>Guardar los pesos como</translation>
    </message>
    <message>
      <source>"{path}" is not a full path. Choose where to save the weights.</source>
      <translation>"{path}" no es una ruta completa. Elija dónde guardar los pesos.</translation>
    </message>
    <message>
      <source>A run for "{name}" stopped after step {step}; a new one would overwrite what it saved. Go on from there, or choose another file name.</source>
      <translation>Una ejecución de "{name}" se detuvo después del paso {step}; una nueva sobrescribiría lo que guardó. Continúe desde allí o elija otro nombre de archivo.</translation>
    </message>
    <message>
      <source>Go on from step {n}</source>
      <translation>Continuar desde el paso {n}</translation>
    </message>
    <message>
      <source>Parts that were hidden, and what was predicted. Click to open it in full size.</source>
      <translation>Partes que se ocultaron y lo que se predijo. Haga clic para abrirlo a tamaño completo.</translation>
    </message>
    <message>
      <source>Logarithmic axis</source>
      <translation>Eje logarítmico</translation>
    </message>
    <message>
      <source>Step {step} of {total}</source>
      <translation>Paso {step} de {total}</translation>
    </message>
    <message>
      <source>Learned weights of the tasks:</source>
      <translation>Pesos aprendidos de las tareas:</translation>
    </message>
    <message>
      <source>&lt;b&gt;{name}&lt;/b&gt;: {steps} steps in {time}, final loss {loss}</source>
      <translation>&lt;b&gt;{name}&lt;/b&gt;: {steps} pasos en {time}, pérdida final {loss}</translation>
    </message>
    <message>
      <source>Principal components</source>
      <translation>Componentes principales</translation>
    </message>
    <message>
      <source>What tells classes apart</source>
      <translation>Lo que distingue las clases</translation>
    </message>
    <message>
      <source>Classes need a label layer with polygons of two classes, in step Label.</source>
      <translation>Las clases necesitan una capa de etiquetas con polígonos de dos clases, en el paso Etiquetas.</translation>
    </message>
    <message>
      <source>Draw points of what is in view</source>
      <translation>Dibujar puntos de la vista</translation>
    </message>
    <message>
      <source>Choose points with a lasso (or hold Shift)</source>
      <translation>Elegir puntos con un lazo (o mantener Mayús)</translation>
    </message>
    <message>
      <source>Show all points (0)</source>
      <translation>Mostrar todos los puntos (0)</translation>
    </message>
    <message>
      <source>Click the map to find a place in the plot</source>
      <translation>Hacer clic en el mapa para encontrar un lugar en el diagrama</translation>
    </message>
    <message>
      <source>Zoom to the chosen points, make them a class, save the plot</source>
      <translation>Acercarse a los puntos elegidos, convertirlos en clase, guardar el diagrama</translation>
    </message>
    <message>
      <source>Save as picture…</source>
      <translation>Guardar como imagen…</translation>
    </message>
    <message>
      <source>Axes</source>
      <translation>Ejes</translation>
    </message>
    <message>
      <source>Scatter plot of the embedding</source>
      <translation>Diagrama de dispersión del embedding</translation>
    </message>
    <message>
      <source>The points appear here.</source>
      <translation>Los puntos aparecen aquí.</translation>
    </message>
    <message>
      <source>Whole layer</source>
      <translation>Capa completa</translation>
    </message>
    <message>
      <source>Map canvas</source>
      <translation>Lienzo del mapa</translation>
    </message>
    <message>
      <source>Drawn rectangle</source>
      <translation>Rectángulo dibujado</translation>
    </message>
    <message>
      <source>Polygon layer</source>
      <translation>Capa de polígonos</translation>
    </message>
    <message>
      <source>Draw on the map</source>
      <translation>Dibujar en el mapa</translation>
    </message>
    <message>
      <source>Recognise</source>
      <translation>Detectar</translation>
    </message>
    <message>
      <source>DN × 10 000</source>
      <translation>ND × 10 000</translation>
    </message>
    <message>
      <source>DN, +1000 offset</source>
      <translation>ND, desfase +1000</translation>
    </message>
    <message>
      <source>Reflectance 0–1</source>
      <translation>Reflectancia 0–1</translation>
    </message>
    <message>
      <source>8 bit</source>
      <translation>8 bits</translation>
    </message>
    <message>
      <source>As they are</source>
      <translation>Tal como están</translation>
    </message>
    <message>
      <source>Weights (*.safetensors *.pt *.pth)</source>
      <translation>Pesos (*.safetensors *.pt *.pth)</translation>
    </message>
    <message>
      <source>Download MMEarth weights…</source>
      <translation>Descargar pesos de MMEarth…</translation>
    </message>
    <message>
      <source>Device</source>
      <translation>Dispositivo</translation>
    </message>
    <message>
      <source>Results in</source>
      <translation>Resultados en</translation>
    </message>
    <message>
      <source>{w} × {h} pixels of {res}, {crs}</source>
      <translation>{w} × {h} píxeles de {res}, {crs}</translation>
    </message>
    <message>
      <source>Where "{name}" lies is not known yet. Wait until it is described, or use all of it.</source>
      <translation>Aún no se sabe dónde está "{name}". Espere a que se describa o úsela completa.</translation>
    </message>
    <message>
      <source>No rectangle is drawn yet. Use "Draw on the map", or choose another extent.</source>
      <translation>Aún no se ha dibujado ningún rectángulo. Use "Dibujar en el mapa" o elija otra extensión.</translation>
    </message>
    <message>
      <source>The rectangle is empty; draw it by dragging.</source>
      <translation>El rectángulo está vacío; dibújelo arrastrando.</translation>
    </message>
    <message>
      <source>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} on held-out labels; raw bands {raw}, majority {majority}</source>
      <translation>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} en etiquetas reservadas; bandas originales {raw}, clase mayoritaria {majority}</translation>
    </message>
    <message>
      <source>{rung}: {steps} steps in {time}, the best after step {best}</source>
      <translation>{rung}: {steps} pasos en {time}, el mejor después del paso {best}</translation>
    </message>
    <message>
      <source>Tried: {scores}</source>
      <translation>Se probó: {scores}</translation>
    </message>
    <message>
      <source>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} on {held}; raw bands {raw}, majority {majority}</source>
      <translation>&lt;b&gt;Macro F1 {score}&lt;/b&gt;{spread} en {held}; bandas originales {raw}, clase mayoritaria {majority}</translation>
    </message>
    <message>
      <source>Probabilities are calibrated: they differ from the truth by {n} percent points on average</source>
      <translation>Las probabilidades están calibradas: difieren de la realidad en {n} puntos porcentuales de media</translation>
    </message>
    <message>
      <source>"Check the map" in step "Map" tests the map itself.</source>
      <translation>"Comprobar el mapa" en el paso "Mapa" pone a prueba el propio mapa.</translation>
    </message>
    <message>
      <source>&lt;b&gt;R² {r2}&lt;/b&gt; on {held}; typical error {rmse} (RMSE), mean error {mae}, bias {bias}</source>
      <translation>&lt;b&gt;R² {r2}&lt;/b&gt; en {held}; error típico {rmse} (RMSE), error medio {mae}, sesgo {bias}</translation>
    </message>
    <message>
      <source>RMSE of raw bands {raw}, of always saying the mean {mean}</source>
      <translation>RMSE de las bandas originales {raw}, de decir siempre la media {mean}</translation>
    </message>
    <message>
      <source>The 90 % interval holds {share} % of them</source>
      <translation>El intervalo del 90 % contiene el {share} % de ellos</translation>
    </message>
    <message>
      <source>An upper bound: polygons are purer than the map.</source>
      <translation>Es un límite superior: los polígonos son más puros que el mapa.</translation>
    </message>
    <message>
      <source>held-out blocks of polygons</source>
      <translation>bloques de polígonos reservados</translation>
    </message>
    <message>
      <source>held-out polygons</source>
      <translation>polígonos reservados</translation>
    </message>
    <message>
      <source>No score: {reason}</source>
      <translation>Sin puntuación: {reason}</translation>
    </message>
    <message>
      <source>too few polygons</source>
      <translation>muy pocos polígonos</translation>
    </message>
    <message>
      <source>Pick places on the map</source>
      <translation>Elegir lugares en el mapa</translation>
    </message>
    <message>
      <source>Click a place to find others like it. Shift or the right button: a place that is not meant. Backspace takes the last one back, Escape ends.</source>
      <translation>Haga clic en un lugar para encontrar otros como él. Mayús o el botón derecho: un lugar que no se busca. Retroceso quita el último, Escape termina.</translation>
    </message>
    <message>
      <source>Like the selected polygons</source>
      <translation>Como los polígonos seleccionados</translation>
    </message>
    <message>
      <source>Finds places like the selected features of the active layer, or else like the active class.</source>
      <translation>Busca lugares como los objetos seleccionados de la capa activa o, si no los hay, como la clase activa.</translation>
    </message>
    <message>
      <source>Start again</source>
      <translation>Empezar de nuevo</translation>
    </message>
    <message>
      <source>Forgets the places and takes the layer away.</source>
      <translation>Olvida los lugares y quita la capa.</translation>
    </message>
    <message>
      <source>Similarity from which places are shown</source>
      <translation>Similitud a partir de la cual se muestran los lugares</translation>
    </message>
    <message>
      <source>To the right: only the most similar places.</source>
      <translation>Hacia la derecha: solo los lugares más similares.</translation>
    </message>
    <message>
      <source>Adds what is shown in view to the label layer, as polygons of a class.</source>
      <translation>Añade lo que se muestra a la vista a la capa de etiquetas, como polígonos de una clase.</translation>
    </message>
    <message>
      <source>at least {value}</source>
      <translation>al menos {value}</translation>
    </message>
    <message>
      <source>{n} % of the view</source>
      <translation>{n} % de la vista</translation>
    </message>
    <message>
      <source>choose a raster layer</source>
      <translation>elija una capa ráster</translation>
    </message>
    <message>
      <source>Choose a layer again</source>
      <translation>Volver a elegir una capa</translation>
    </message>
    <message>
      <source>A folder or zip of bands that is no layer, such as a Sentinel-2 product</source>
      <translation>Una carpeta o un zip de bandas que no es una capa, como un producto Sentinel-2</translation>
    </message>
    <message>
      <source>Folder (SAFE)…</source>
      <translation>Carpeta (SAFE)…</translation>
    </message>
    <message>
      <source>Zip…</source>
      <translation>Zip…</translation>
    </message>
    <message>
      <source>{n} layers as one scene</source>
      <translation>{n} capas como una escena</translation>
    </message>
    <message>
      <source>Layers selected in the layer panel:
{names}</source>
      <translation>Capas seleccionadas en el panel de capas:
{names}</translation>
    </message>
    <message>
      <source>Folder of one Sentinel-2 scene (.SAFE)</source>
      <translation>Carpeta de una escena Sentinel-2 (.SAFE)</translation>
    </message>
    <message>
      <source>Zip of one Sentinel-2 scene</source>
      <translation>Zip de una escena Sentinel-2</translation>
    </message>
    <message>
      <source>Zip (*.zip)</source>
      <translation>Zip (*.zip)</translation>
    </message>
    <message>
      <source>More: sample project, settings, help</source>
      <translation>Más: proyecto de ejemplo, configuración, ayuda</translation>
    </message>
    <message>
      <source>Opens the page of the tutorial about this step in the browser.</source>
      <translation>Abre en el navegador la página del tutorial sobre este paso.</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Ayuda</translation>
    </message>
    <message>
      <source>not yet possible</source>
      <translation>aún no es posible</translation>
    </message>
    <message>
      <source>ready</source>
      <translation>listo</translation>
    </message>
    <message>
      <source>running</source>
      <translation>en curso</translation>
    </message>
    <message>
      <source>out of date</source>
      <translation>desactualizado</translation>
    </message>
    <message>
      <source>done</source>
      <translation>hecho</translation>
    </message>
    <message>
      <source>problem</source>
      <translation>problema</translation>
    </message>
    <message>
      <source>Where should I label next?</source>
      <translation>¿Dónde etiquetar ahora?</translation>
    </message>
    <message>
      <source>Finds places that would teach the last model most, each with a reason.</source>
      <translation>Busca los lugares que más enseñarían al último modelo, cada uno con un motivo.</translation>
    </message>
    <message>
      <source>Accept as label</source>
      <translation>Aceptar como etiqueta</translation>
    </message>
    <message>
      <source>Chooses the suggested class and starts a polygon in the label layer. Choose another class if it is wrong.</source>
      <translation>Elige la clase sugerida y empieza un polígono en la capa de etiquetas. Elija otra clase si no es la correcta.</translation>
    </message>
    <message>
      <source>There is no model yet. Use "Train and predict" in step "Train", or choose a saved model in step "Map".</source>
      <translation>Aún no hay ningún modelo. Use "Entrenar y predecir" en el paso "Entrenar" o elija un modelo guardado en el paso "Mapa".</translation>
    </message>
    <message>
      <source>The suggested point is gone. Ask again where to label next.</source>
      <translation>El punto sugerido ya no existe. Pregunte de nuevo dónde etiquetar.</translation>
    </message>
    <message>
      <source>Point {n} of {all}</source>
      <translation>Punto {n} de {all}</translation>
    </message>
    <message>
      <source>Add layer</source>
      <translation>Añadir capa</translation>
    </message>
    <message>
      <source>Remove layer</source>
      <translation>Quitar capa</translation>
    </message>
    <message>
      <source>Predict also</source>
      <translation>Predecir además</translation>
    </message>
    <message>
      <source>Layers on the same ground: elevation, radar, land cover… The encoder learns to predict them as well.</source>
      <translation>Capas del mismo terreno: elevación, radar, cobertura del suelo… El codificador aprende a predecirlas también.</translation>
    </message>
    <message>
      <source>Two layers to predict are named "{name}". Double-click one of the names to change it.</source>
      <translation>Dos capas que predecir se llaman "{name}". Haga doble clic en uno de los nombres para cambiarlo.</translation>
    </message>
    <message>
      <source>The layer of "{name}" is no longer in the project. Remove it from the list.</source>
      <translation>La capa de "{name}" ya no está en el proyecto. Elimínela de la lista.</translation>
    </message>
    <message>
      <source>continuous</source>
      <translation>continua</translation>
    </message>
    <message>
      <source>classes</source>
      <translation>clases</translation>
    </message>
    <message>
      <source>Each pixel: segmentation</source>
      <translation>Cada píxel: segmentación</translation>
    </message>
    <message>
      <source>Cells of a grid</source>
      <translation>Celdas de una cuadrícula</translation>
    </message>
    <message>
      <source>Polygons as wholes</source>
      <translation>Polígonos enteros</translation>
    </message>
    <message>
      <source>Scenes as wholes</source>
      <translation>Escenas enteras</translation>
    </message>
    <message>
      <source>Several classes each</source>
      <translation>Varias clases cada uno</translation>
    </message>
    <message>
      <source>Values like "forest;water" name all classes that are there.</source>
      <translation>Los valores como "bosque;agua" nombran todas las clases presentes.</translation>
    </message>
    <message>
      <source>The scene of step "Scene"</source>
      <translation>La escena del paso "Escena"</translation>
    </message>
    <message>
      <source>Folder of rasters</source>
      <translation>Carpeta de rásteres</translation>
    </message>
    <message>
      <source>Folder of rasters with the same bands</source>
      <translation>Carpeta de rásteres con las mismas bandas</translation>
    </message>
    <message>
      <source>Class rasters named like their scenes</source>
      <translation>Rásteres de clases con el nombre de sus escenas</translation>
    </message>
    <message>
      <source>Table with the columns "scene" and "class"</source>
      <translation>Tabla con las columnas "scene" y "class"</translation>
    </message>
    <message>
      <source>The scene "{found}" was not found. Choose rasters that are there.</source>
      <translation>No se encontró la escena "{found}". Elija rásteres que existan.</translation>
    </message>
    <message>
      <source>Folder "{found}" holds no rasters (.tif, .vrt, .jp2, .img). Choose the folder of the scenes.</source>
      <translation>La carpeta "{found}" no contiene rásteres (.tif, .vrt, .jp2, .img). Elija la carpeta de las escenas.</translation>
    </message>
    <message>
      <source>No scene is chosen to learn from. Choose at least one raster file.</source>
      <translation>No se ha elegido ninguna escena de la que aprender. Elija al menos un archivo ráster.</translation>
    </message>
    <message>
      <source>A network tells classes apart, and estimates no numbers. Choose a class field in step "Label".</source>
      <translation>Una red distingue clases y no estima números. Elija un campo de clase en el paso "Etiquetas".</translation>
    </message>
    <message>
      <source>Folder "{path}" holds no class rasters. Choose one with a raster named like each scene.</source>
      <translation>La carpeta "{path}" no contiene rásteres de clases. Elija una que tenga un ráster con el nombre de cada escena.</translation>
    </message>
    <message>
      <source>There is no table "{path}". Choose a .csv with the columns "scene" and "class".</source>
      <translation>No existe la tabla "{path}". Elija un .csv con las columnas "scene" y "class".</translation>
    </message>
    <message>
      <source>Tell apart</source>
      <translation>Distinguir</translation>
    </message>
    <message>
      <source>Learn from</source>
      <translation>Aprender de</translation>
    </message>
    <message>
      <source>Labels</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>Polygons of step "Label"</source>
      <translation>Polígonos del paso "Etiquetas"</translation>
    </message>
    <message>
      <source>Folder of masks</source>
      <translation>Carpeta de máscaras</translation>
    </message>
    <message>
      <source>Table of scenes</source>
      <translation>Tabla de escenas</translation>
    </message>
    <message>
      <source>Choose the polygon layer and its class field in step "Label".</source>
      <translation>Elija la capa de polígonos y su campo de clase en el paso "Etiquetas".</translation>
    </message>
    <message>
      <source>Scores on held-out labels appear here.</source>
      <translation>Las puntuaciones en etiquetas reservadas aparecen aquí.</translation>
    </message>
    <message>
      <source>The learning rate appears here.</source>
      <translation>La tasa de aprendizaje aparece aquí.</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Pausar</translation>
    </message>
    <message>
      <source>Saves the run and ends it; it goes on from there, also after QGIS was closed.</source>
      <translation>Guarda la ejecución y la termina; continúa desde allí, incluso después de cerrar QGIS.</translation>
    </message>
    <message>
      <source>Map the scene</source>
      <translation>Mapear la escena</translation>
    </message>
    <message>
      <source>Reading the labels…</source>
      <translation>Leyendo las etiquetas…</translation>
    </message>
    <message>
      <source>; best held-out F1 {score:.2f}</source>
      <translation>; mejor F1 reservado {score:.2f}</translation>
    </message>
    <message>
      <source>Maps the scene of step "Scene" with {name}.</source>
      <translation>Cartografía la escena del paso "Escena" con {name}.</translation>
    </message>
    <message>
      <source>Stopped before anything was learned.</source>
      <translation>Detenido antes de aprender nada.</translation>
    </message>
    <message>
      <source>Paused after step {n}.</source>
      <translation>En pausa después del paso {n}.</translation>
    </message>
    <message>
      <source> The best network so far is kept: held-out F1 {score:.2f}.</source>
      <translation> Se conserva la mejor red hasta ahora: F1 reservado {score:.2f}.</translation>
    </message>
    <message>
      <source>MMEarth panel</source>
      <translation>Panel MMEarth</translation>
    </message>
    <message>
      <source>Embed layer (MMEarth)</source>
      <translation>Embeber capa (MMEarth)</translation>
    </message>
    <message>
      <source>The polygon is gone. Compare again.</source>
      <translation>El polígono ya no existe. Compare de nuevo.</translation>
    </message>
    <message>
      <source>No map to compare with. </source>
      <translation>No hay ningún mapa con el que comparar. </translation>
    </message>
    <message>
      <source>No label layer to compare. </source>
      <translation>No hay ninguna capa de etiquetas que comparar. </translation>
    </message>
    <message>
      <source>Switch on "Live preview", or use "Train and predict".</source>
      <translation>Active "Vista en vivo" o use "Entrenar y predecir".</translation>
    </message>
    <message>
      <source>Choose one in step "Label".</source>
      <translation>Elija una en el paso "Etiquetas".</translation>
    </message>
    <message>
      <source>Labels and map cannot be compared ({error}). Choose another project CRS.</source>
      <translation>Las etiquetas y el mapa no se pueden comparar ({error}). Elija otro SRC para el proyecto.</translation>
    </message>
    <message>
      <source>Preview</source>
      <translation>Vista previa</translation>
    </message>
    <message>
      <source>The preview "{path}" could not be loaded. Look at the log panel.</source>
      <translation>No se pudo cargar la vista previa "{path}". Consulte el panel de registro.</translation>
    </message>
    <message>
      <source>Preparing…</source>
      <translation>Preparando…</translation>
    </message>
    <message>
      <source>No map to compare with the image yet. Switch on "Live preview", or use "Train and predict".</source>
      <translation>Aún no hay ningún mapa con el que comparar la imagen. Active "Vista en vivo" o use "Entrenar y predecir".</translation>
    </message>
    <message>
      <source>Preparing… {n} %</source>
      <translation>Preparando… {n} %</translation>
    </message>
    <message>
      <source>Preview of {n} classes, {time} s</source>
      <translation>Vista previa de {n} clases, {time} s</translation>
    </message>
    <message>
      <source>"{folder}" is no full path. Write folders from the root, as in "{example}".</source>
      <translation>"{folder}" no es una ruta completa. Escriba las carpetas desde la raíz, como en "{example}".</translation>
    </message>
    <message>
      <source>The command "{command}" has a quotation mark without its end. Close it, or take it away.</source>
      <translation>El comando "{command}" tiene una comilla sin cerrar. Ciérrela o quítela.</translation>
    </message>
    <message>
      <source>Write the command that starts the backend, such as: {example}</source>
      <translation>Escriba el comando que inicia el backend, por ejemplo: {example}</translation>
    </message>
    <message>
      <source>The backend on the other machine is version {found}, protocol {found_protocol}; this plugin wants version {wanted}, protocol {wanted_protocol}.</source>
      <translation>El backend del otro equipo es la versión {found}, protocolo {found_protocol}; este complemento necesita la versión {wanted}, protocolo {wanted_protocol}.</translation>
    </message>
    <message>
      <source>Copy the folder "backend" and the folder "resources" of this plugin to the other machine, over those that are there, and install backend/requirements.txt there again.</source>
      <translation>Copie las carpetas "backend" y "resources" de este complemento al otro equipo, sobre las que haya allí, y vuelva a instalar allí backend/requirements.txt.</translation>
    </message>
    <message>
      <source>The mapped folder "{folder}" of this machine cannot be written: {reason}.</source>
      <translation>No se puede escribir en la carpeta asignada "{folder}" de este equipo: {reason}.</translation>
    </message>
    <message>
      <source>"{here}" here is not usable as "{there}" there:</source>
      <translation>"{here}" aquí no se puede usar como "{there}" allí:</translation>
    </message>
    <message>
      <source>Check the pair under "Compute on another machine…", and that the shared folder is mounted on both machines.</source>
      <translation>Compruebe la pareja de carpetas en "Calcular en otro equipo…" y que la carpeta compartida esté montada en ambos equipos.</translation>
    </message>
    <message>
      <source>a file written here was not found there ({reason}). The folder is another one, or is not mounted.</source>
      <translation>un archivo escrito aquí no se encontró allí ({reason}). La carpeta es otra o no está montada.</translation>
    </message>
    <message>
      <source>it is empty there</source>
      <translation>allí está vacío</translation>
    </message>
    <message>
      <source>a file written here has another content there. The folder there is a copy, or an old state.</source>
      <translation>un archivo escrito aquí tiene otro contenido allí. La carpeta de allí es una copia o un estado antiguo.</translation>
    </message>
    <message>
      <source>the other machine can read it but not write there ({reason}).</source>
      <translation>el otro equipo puede leerla, pero no escribir en ella ({reason}).</translation>
    </message>
    <message>
      <source>a file written there was not found here ({reason}).</source>
      <translation>un archivo escrito allí no se encontró aquí ({reason}).</translation>
    </message>
    <message>
      <source>a file written there has another content here.</source>
      <translation>un archivo escrito allí tiene otro contenido aquí.</translation>
    </message>
    <message>
      <source>"{path}" lies in no folder that the other machine sees too. It sees: {folders}.</source>
      <translation>"{path}" no está en ninguna carpeta visible también desde el otro equipo. Este ve: {folders}.</translation>
    </message>
    <message>
      <source>"{path}" is on this machine, and no folder is mapped that the other machine sees too.</source>
      <translation>"{path}" está en este equipo y no hay asignada ninguna carpeta visible también desde el otro.</translation>
    </message>
    <message>
      <source>Copy it into a mapped folder, choose a place there for what is to be written, or add its folder under "Compute on another machine…".</source>
      <translation>Cópielo a una carpeta asignada, elija en ella un lugar para lo que se va a escribir o añada su carpeta en "Calcular en otro equipo…".</translation>
    </message>
    <message>
      <source>The connection to the other machine was lost, or the program there was killed.</source>
      <translation>Se perdió la conexión con el otro equipo o allí se forzó el cierre del programa.</translation>
    </message>
    <message>
      <source>Look whether that machine still runs and has enough memory, then start it again.</source>
      <translation>Compruebe que ese equipo siga en marcha y tenga memoria suficiente, y vuelva a iniciarlo.</translation>
    </message>
    <message>
      <source>The command for the other machine cannot be started: there is no program "{program}" here.</source>
      <translation>No se puede iniciar el comando para el otro equipo: aquí no existe el programa "{program}".</translation>
    </message>
    <message>
      <source>Install it (ssh comes with OpenSSH), or correct the command under "Compute on another machine…".</source>
      <translation>Instálelo (ssh forma parte de OpenSSH) o corrija el comando en "Calcular en otro equipo…".</translation>
    </message>
    <message>
      <source>It may wait for a password or for an answer: add "-o BatchMode=yes" after "ssh" in the command to see what it asks, and try the command in a terminal.</source>
      <translation>Quizá espere una contraseña o una respuesta: añada "-o BatchMode=yes" después de "ssh" en el comando para ver qué pregunta y pruebe el comando en una terminal.</translation>
    </message>
    <message>
      <source>Try the command in a terminal first; it must start without a question.</source>
      <translation>Pruebe primero el comando en una terminal; debe iniciarse sin preguntar nada.</translation>
    </message>
    <message>
      <source>The name of the other machine, "{host}", is not known here.</source>
      <translation>Aquí no se conoce el nombre del otro equipo, "{host}".</translation>
    </message>
    <message>
      <source>Check the name for typing mistakes, and whether a VPN is needed.</source>
      <translation>Compruebe que el nombre no tenga erratas y si hace falta una VPN.</translation>
    </message>
    <message>
      <source>The other machine is not known to ssh yet, or shows another key than before.</source>
      <translation>ssh aún no conoce el otro equipo, o este presenta una clave distinta de la anterior.</translation>
    </message>
    <message>
      <source>Connect once in a terminal with the same command, compare the key with what its administrator says, and answer yes.</source>
      <translation>Conéctese una vez en una terminal con el mismo comando, compare la clave con la que indique su administrador y responda yes.</translation>
    </message>
    <message>
      <source>The other machine did not accept the login ({methods}).</source>
      <translation>El otro equipo no aceptó el inicio de sesión ({methods}).</translation>
    </message>
    <message>
      <source>Set up a key without a question (ssh-keygen, ssh-copy-id, or an ssh agent). {by_hand}</source>
      <translation>Configure una clave que no pregunte nada (ssh-keygen, ssh-copy-id o un agente ssh). {by_hand}</translation>
    </message>
    <message>
      <source>The other machine answers, but no ssh server listens there at this port.</source>
      <translation>El otro equipo responde, pero ningún servidor ssh escucha allí en este puerto.</translation>
    </message>
    <message>
      <source>Start its ssh server, or name the port in the command, as in "ssh -p 2222 …".</source>
      <translation>Inicie su servidor ssh o indique el puerto en el comando, como en "ssh -p 2222 …".</translation>
    </message>
    <message>
      <source>The other machine cannot be reached.</source>
      <translation>No se puede acceder al otro equipo.</translation>
    </message>
    <message>
      <source>Look whether it is switched on, and whether a VPN is needed.</source>
      <translation>Compruebe si está encendido y si hace falta una VPN.</translation>
    </message>
    <message>
      <source>The shell there found no program "{program}".</source>
      <translation>El intérprete de comandos de allí no encontró el programa "{program}".</translation>
    </message>
    <message>
      <source>Write the full path of mmearth on the other machine in the command. {by_hand}</source>
      <translation>Escriba en el comando la ruta completa de mmearth en el otro equipo. {by_hand}</translation>
    </message>
    <message>
      <source>The connection to the other machine was lost.</source>
      <translation>Se perdió la conexión con el otro equipo.</translation>
    </message>
    <message>
      <source>Look at the network, then start it again; trainings go on from their checkpoint. "-o ServerAliveInterval=15" in the command keeps idle connections open.</source>
      <translation>Compruebe la red y vuelva a iniciarlo; los entrenamientos continúan desde su checkpoint. "-o ServerAliveInterval=15" en el comando mantiene abiertas las conexiones inactivas.</translation>
    </message>
    <message>
      <source>Polygons with values</source>
      <translation>Polígonos con valores</translation>
    </message>
    <message>
      <source>Copying files</source>
      <translation>Copiando archivos</translation>
    </message>
    <message>
      <source>The file could not be written: {reason} ("{path}"). Choose another place, or free some space.</source>
      <translation>No se pudo escribir el archivo: {reason} ("{path}"). Elija otro lugar o libere espacio.</translation>
    </message>
    <message>
      <source>The request of run "{name}" could not be written to "{path}": {reason}</source>
      <translation>La petición de la ejecución "{name}" no se pudo escribir en "{path}": {reason}</translation>
    </message>
    <message>
      <source>Fine-tuned network</source>
      <translation>Red ajustada</translation>
    </message>
    <message>
      <source>{n} · {what}</source>
      <translation>{n} · {what}</translation>
    </message>
    <message>
      <source>The scores of the classes were not read from the report: {error}</source>
      <translation>No se leyeron del informe las puntuaciones de las clases: {error}</translation>
    </message>
    <message>
      <source>A stored run could not be read and is left out: {error}</source>
      <translation>No se pudo leer una ejecución guardada y se omite: {error}</translation>
    </message>
    <message>
      <source>Run "{name}" was made by another version and cannot be repeated: {error}</source>
      <translation>La ejecución "{name}" se hizo con otra versión y no se puede repetir: {error}</translation>
    </message>
    <message>
      <source>"{path}", which run "{name}" was made from, is gone. Put it back, then repeat the run.</source>
      <translation>"{path}", a partir del cual se hizo la ejecución "{name}", ya no existe. Vuelva a ponerlo en su lugar y repita después la ejecución.</translation>
    </message>
    <message>
      <source>That run is no longer in the list.</source>
      <translation>Esa ejecución ya no está en la lista.</translation>
    </message>
    <message>
      <source>The files of "{name}" are gone. Repeat the run, or remove it from the list.</source>
      <translation>Los archivos de "{name}" ya no existen. Repita la ejecución o elimínela de la lista.</translation>
    </message>
    <message>
      <source>The report "{path}" is gone. Repeat the run to write it again.</source>
      <translation>El informe "{path}" ya no existe. Repita la ejecución para escribirlo de nuevo.</translation>
    </message>
    <message>
      <source>The folder "{path}" is gone.</source>
      <translation>La carpeta "{path}" ya no existe.</translation>
    </message>
    <message>
      <source>The request was copied. Saved to a file, `mmearth run` repeats it.</source>
      <translation>La petición se ha copiado. Guardada en un archivo, `mmearth run` la repite.</translation>
    </message>
    <message>
      <source>Save request as</source>
      <translation>Guardar petición como</translation>
    </message>
    <message>
      <source>Request files (*.json)</source>
      <translation>Archivos de petición (*.json)</translation>
    </message>
    <message>
      <source>The request cannot be written to "{path}" ({reason}). Choose another place.</source>
      <translation>La petición no se puede escribir en "{path}" ({reason}). Elija otro lugar.</translation>
    </message>
    <message>
      <source>Saved: {path}</source>
      <translation>Guardado: {path}</translation>
    </message>
    <message>
      <source>The map of "{name}" is gone ("{path}"). Repeat that run, or choose another one.</source>
      <translation>El mapa de "{name}" ya no existe ("{path}"). Repita esa ejecución o elija otra.</translation>
    </message>
    <message>
      <source>Differences {first} → {second}</source>
      <translation>Diferencias {first} → {second}</translation>
    </message>
    <message>
      <source>"{path}" is gone. Repeat the run, or choose another one.</source>
      <translation>"{path}" ya no existe. Repita la ejecución o elija otra.</translation>
    </message>
    <message>
      <source>Files are being copied. Wait until they are.</source>
      <translation>Se están copiando archivos. Espere a que terminen.</translation>
    </message>
    <message>
      <source>"{name}" would replace itself. Choose another file.</source>
      <translation>"{name}" se reemplazaría a sí mismo. Elija otro archivo.</translation>
    </message>
    <message>
      <source>The folder "{path}" does not exist. Choose another one.</source>
      <translation>La carpeta "{path}" no existe. Elija otra.</translation>
    </message>
    <message>
      <source>Written: {path}</source>
      <translation>Escrito: {path}</translation>
    </message>
    <message>
      <source>The report "{path}" has no figures as files.</source>
      <translation>El informe "{path}" no tiene figuras como archivos.</translation>
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
      <translation>Cambio</translation>
    </message>
    <message>
      <source>Macro F1</source>
      <translation>Macro F1</translation>
    </message>
    <message>
      <source>Raw bands</source>
      <translation>Bandas originales</translation>
    </message>
    <message>
      <source>Majority</source>
      <translation>Clase mayoritaria</translation>
    </message>
    <message>
      <source>Neither run has a score: only runs that train a model have one.</source>
      <translation>Ninguna de las ejecuciones tiene puntuación: solo la tienen las que entrenan un modelo.</translation>
    </message>
    <message>
      <source>Not both of the runs have a score.</source>
      <translation>No las dos ejecuciones tienen una puntuación.</translation>
    </message>
    <message>
      <source>Whether that is more than noise is not known: a run has no interval.</source>
      <translation>No se sabe si es más que ruido: una ejecución no tiene intervalo.</translation>
    </message>
    <message>
      <source>Within noise: the 95 % intervals overlap ({first} and {second}).</source>
      <translation>Dentro del ruido: los intervalos del 95 % se solapan ({first} y {second}).</translation>
    </message>
    <message>
      <source>More than noise: the 95 % intervals are apart ({first} and {second}).</source>
      <translation>Más que ruido: los intervalos del 95 % no se solapan ({first} y {second}).</translation>
    </message>
    <message>
      <source>They were scored on other labels, so compare with care.</source>
      <translation>Se puntuaron con otras etiquetas; compárelas con cautela.</translation>
    </message>
    <message>
      <source>Sample labels</source>
      <translation>Etiquetas de ejemplo</translation>
    </message>
    <message>
      <source>The sample project "{path}" cannot be opened. Remove it, or choose another folder.</source>
      <translation>El proyecto de ejemplo "{path}" no se puede abrir. Elimínelo o elija otra carpeta.</translation>
    </message>
    <message>
      <source>The sample cannot be copied to "{folder}" ({reason}). Choose another folder.</source>
      <translation>El ejemplo no se puede copiar a "{folder}" ({reason}). Elija otra carpeta.</translation>
    </message>
    <message>
      <source>Sample scene</source>
      <translation>Escena de ejemplo</translation>
    </message>
    <message>
      <source>"{path}" cannot be opened. Remove it, so that it is copied again.</source>
      <translation>"{path}" no se puede abrir. Elimínelo para que se copie de nuevo.</translation>
    </message>
    <message>
      <source>The project cannot be written to "{path}". Choose another folder.</source>
      <translation>El proyecto no se puede escribir en "{path}". Elija otra carpeta.</translation>
    </message>
    <message>
      <source>{w} × {h} pixels, {read}</source>
      <translation>{w} × {h} píxeles, {read}</translation>
    </message>
    <message>
      <source>Embedded in {time}.</source>
      <translation>Embebido en {time}.</translation>
    </message>
    <message>
      <source>Mapped in {time}.</source>
      <translation>Cartografiado en {time}.</translation>
    </message>
    <message>
      <source>Trained in {time}: macro F1 {score} on held-out labels.</source>
      <translation>Entrenado en {time}: macro F1 {score} en etiquetas reservadas.</translation>
    </message>
    <message>
      <source>Trained in {time}.</source>
      <translation>Entrenado en {time}.</translation>
    </message>
    <message>
      <source>Embed</source>
      <translation>Embeber</translation>
    </message>
    <message>
      <source>Label</source>
      <translation>Etiquetas</translation>
    </message>
    <message>
      <source>At work: see below.</source>
      <translation>En marcha: vea más abajo.</translation>
    </message>
    <message>
      <source>Choose the raster to work on.</source>
      <translation>Elija el ráster con el que trabajar.</translation>
    </message>
    <message>
      <source>Looking at the raster…</source>
      <translation>Examinando el ráster…</translation>
    </message>
    <message>
      <source>Needs a scene.</source>
      <translation>Necesita una escena.</translation>
    </message>
    <message>
      <source>The scene is an embedding already.</source>
      <translation>La escena ya es un embedding.</translation>
    </message>
    <message>
      <source>The last embedding is of another extent, or reads the scene otherwise.</source>
      <translation>El último embedding es de otra extensión o lee la escena de otro modo.</translation>
    </message>
    <message>
      <source>For exploring and smart select; training needs none.</source>
      <translation>Para explorar y para la selección inteligente; el entrenamiento no lo necesita.</translation>
    </message>
    <message>
      <source>Make a label layer, or choose one.</source>
      <translation>Cree una capa de etiquetas o elija una.</translation>
    </message>
    <message>
      <source>{n} polygons in {k} classes: draw some of at least two classes.</source>
      <translation>{n} polígonos en {k} clases: dibuje algunos de al menos dos clases.</translation>
    </message>
    <message>
      <source>Needs a scene and polygons of two classes, or masks.</source>
      <translation>Hacen falta una escena y polígonos de dos clases, o máscaras.</translation>
    </message>
    <message>
      <source>Ready to learn from {n} polygons of {k} classes.</source>
      <translation>Listo para aprender de {n} polígonos de {k} clases.</translation>
    </message>
    <message>
      <source>The labels have changed since the last training ({text}).</source>
      <translation>Las etiquetas han cambiado desde el último entrenamiento ({text}).</translation>
    </message>
    <message>
      <source>Needs a scene and a model.</source>
      <translation>Necesita una escena y un modelo.</translation>
    </message>
    <message>
      <source>Train a model, or choose a saved one.</source>
      <translation>Entrene un modelo o elija uno guardado.</translation>
    </message>
    <message>
      <source>The last map is of another scene, extent or reading.</source>
      <translation>El último mapa es de otra escena, extensión o lectura.</translation>
    </message>
    <message>
      <source>The labels have changed since the last map.</source>
      <translation>Las etiquetas han cambiado desde el último mapa.</translation>
    </message>
    <message>
      <source>No label layer is chosen. Choose one, or use "New label layer".</source>
      <translation>No se ha elegido ninguna capa de etiquetas. Elija una o use "Nueva capa de etiquetas".</translation>
    </message>
    <message>
      <source>Layer "{name}" cannot be edited: it is read-only, or its file is. Choose another layer, or save a copy of it and choose that.</source>
      <translation>La capa "{name}" no se puede editar: ella o su archivo son de solo lectura. Elija otra capa, o guarde una copia de ella y elija la copia.</translation>
    </message>
    <message>
      <source>Add label polygon</source>
      <translation>Añadir polígono etiquetado</translation>
    </message>
    <message>
      <source>Layer "{name}" did not take the polygon. Look at its fields and constraints, then draw it again.</source>
      <translation>La capa "{name}" no aceptó el polígono. Revise sus campos y restricciones y dibújelo de nuevo.</translation>
    </message>
    <message>
      <source>The edits of layer "{name}" could not be saved and are kept: {errors}</source>
      <translation>Las ediciones de la capa "{name}" no se pudieron guardar y se conservan: {errors}</translation>
    </message>
    <message>
      <source>The scene has no embedding yet. Make one in step "Embed", then try again.</source>
      <translation>La escena aún no tiene embedding. Créelo en el paso "Embeber" e inténtelo de nuevo.</translation>
    </message>
    <message>
      <source>Something else is running. Smart select answers as soon as it is done.</source>
      <translation>Hay otra cosa en marcha. La selección inteligente responde en cuanto termine.</translation>
    </message>
    <message>
      <source>The place lies outside "{name}". Click inside it, or embed this place first.</source>
      <translation>El lugar queda fuera de "{name}". Haga clic dentro o embeba primero este lugar.</translation>
    </message>
    <message>
      <source>This place cannot be expressed in {crs}. Draw nearer to the scene, or choose another project CRS.</source>
      <translation>Este lugar no se puede expresar en {crs}. Dibuje más cerca de la escena o elija otro SRC para el proyecto.</translation>
    </message>
    <message>
      <source>The shape covers {n} % of a pixel of the scene; at least one pixel is wanted. Draw it larger.</source>
      <translation>La forma cubre el {n} % de un píxel de la escena; se necesita al menos un píxel. Dibújela más grande.</translation>
    </message>
    <message>
      <source>The shape covers no area. Draw it larger.</source>
      <translation>La forma no cubre ninguna superficie. Dibújela más grande.</translation>
    </message>
    <message>
      <source>The label layer holds neither polygons nor points. Choose a polygon layer.</source>
      <translation>La capa de etiquetas no contiene ni polígonos ni puntos. Elija una capa de polígonos.</translation>
    </message>
    <message>
      <source>The reference of the same ground is the nearest for {share} % of the held-out places (before: {before} %, by chance: {chance} %). Cosine on the same ground {cosine} (before: {cosine_before}), on other ground {deranged}.</source>
      <translation>En el {share} % de los lugares reservados, la referencia del mismo terreno es la más cercana (antes: {before} %, por azar: {chance} %). Coseno en el mismo terreno {cosine} (antes: {cosine_before}), en otro terreno {deranged}.</translation>
    </message>
    <message>
      <source>Adaptation did not help here: keep the weights that you had.</source>
      <translation>La adaptación no ha ayudado aquí: conserve los pesos que tenía.</translation>
    </message>
    <message>
      <source>Both sensors agree well: models trained on the reference can be tried on the new images.</source>
      <translation>Ambos sensores coinciden bien: los modelos entrenados con la referencia pueden probarse en las imágenes nuevas.</translation>
    </message>
    <message>
      <source>Both sensors agree in part: train on labels of the new images rather than use models of the other.</source>
      <translation>Ambos sensores coinciden en parte: mejor entrenar con etiquetas de las imágenes nuevas que usar modelos del otro.</translation>
    </message>
    <message>
      <source>Both sensors hardly agree: check the picture of pairs, their dates and the shift between them.</source>
      <translation>Ambos sensores apenas coinciden: revise la imagen de los pares, sus fechas y el desplazamiento entre ellos.</translation>
    </message>
    <message>
      <source>What training "{name}" was asked is no longer in its folder. Choose its data and file name again.</source>
      <translation>Lo que se pidió al entrenamiento "{name}" ya no está en su carpeta. Elija de nuevo sus datos y su nombre de archivo.</translation>
    </message>
    <message>
      <source>weights {name}</source>
      <translation>pesos {name}</translation>
    </message>
    <message>
      <source>What training "{name}" was asked is no longer known. Choose its data and file name again.</source>
      <translation>Ya no se sabe qué se pidió al entrenamiento "{name}". Elija de nuevo sus datos y su nombre de archivo.</translation>
    </message>
    <message>
      <source>The network is trained: {name}</source>
      <translation>La red está entrenada: {name}</translation>
    </message>
    <message>
      <source>Pausing…</source>
      <translation>Pausando…</translation>
    </message>
    <message>
      <source>Paused.</source>
      <translation>En pausa.</translation>
    </message>
    <message>
      <source>The losses appear here.</source>
      <translation>Las pérdidas aparecen aquí.</translation>
    </message>
    <message>
      <source>step {n}</source>
      <translation>paso {n}</translation>
    </message>
    <message>
      <source>MMEarth weights</source>
      <translation>Pesos de MMEarth</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Nombre</translation>
    </message>
    <message>
      <source>Patch</source>
      <translation>Parche</translation>
    </message>
    <message>
      <source>Installed</source>
      <translation>Instalado</translation>
    </message>
    <message>
      <source>I have read this licence and agree to it</source>
      <translation>He leído esta licencia y la acepto</translation>
    </message>
    <message>
      <source>Use</source>
      <translation>Usar</translation>
    </message>
    <message>
      <source>Convert a .pth…</source>
      <translation>Convertir un .pth…</translation>
    </message>
    <message>
      <source>Remove…</source>
      <translation>Eliminar…</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Cerrar</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>sí</translation>
    </message>
    <message>
      <source>"{name}" is ready and chosen in step "Scene".</source>
      <translation>"{name}" está listo y elegido en el paso "Escena".</translation>
    </message>
    <message>
      <source>Checkpoints (*.pth *.pt *.safetensors)</source>
      <translation>Checkpoints (*.pth *.pt *.safetensors)</translation>
    </message>
    <message>
      <source>Checkpoint to convert</source>
      <translation>Checkpoint que convertir</translation>
    </message>
    <message>
      <source>Remove "{name}" from this computer? Models that were trained with it need it again.</source>
      <translation>¿Eliminar "{name}" de este equipo? Los modelos entrenados con estos pesos volverán a necesitarlos.</translation>
    </message>
    <message>
      <source>"{name}" is removed; {size} of disk are free again.</source>
      <translation>Se eliminó "{name}"; se han liberado {size} de disco.</translation>
    </message>
    <message>
      <source>These came with the plugin and stay.</source>
      <translation>Estos pesos vienen con el complemento y se conservan.</translation>
    </message>
    <message>
      <source>as its card says</source>
      <translation>coincide con la ficha</translation>
    </message>
    <message>
      <source>not as its card says: the file was changed</source>
      <translation>no coincide con la ficha: el archivo se modificó</translation>
    </message>
    <message>
      <source>none is stated</source>
      <translation>no se indica</translation>
    </message>
    <message>
      <source>{size} · licence: {licence} · hash: {state}</source>
      <translation>{size} · licencia: {licence} · hash: {state}</translation>
    </message>
    <message>
      <source>unknown</source>
      <translation>desconocido</translation>
    </message>
  </context>
</TS>
