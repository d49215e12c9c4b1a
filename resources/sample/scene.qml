<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="multibandcolor" redBand="4" greenBand="3" blueBand="2" opacity="1" alphaBand="-1" nodataColor="">
      <redContrastEnhancement>
        <minValue>150</minValue>
        <maxValue>2200</maxValue>
        <algorithm>StretchToMinimumMaximum</algorithm>
      </redContrastEnhancement>
      <greenContrastEnhancement>
        <minValue>150</minValue>
        <maxValue>2200</maxValue>
        <algorithm>StretchToMinimumMaximum</algorithm>
      </greenContrastEnhancement>
      <blueContrastEnhancement>
        <minValue>150</minValue>
        <maxValue>2200</maxValue>
        <algorithm>StretchToMinimumMaximum</algorithm>
      </blueContrastEnhancement>
    </rasterrenderer>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
