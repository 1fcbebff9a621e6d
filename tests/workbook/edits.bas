' What a learner's edits leave: LibreOffice's own recalculation after each, beside a recalculation of everything.
'
' For each group of edits the workbook is opened anew: the program calculates as it does by itself after each edit, and
' then all cells are read twice. They are compared with a second copy, in which everything is calculated anew. Reading
' all cells, or calculating everything, heals a document for good, so none is used for a second group.

Sub Edits(job As String)
    Dim lines() As String
    lines = Split(ReadAll(job), Chr(10))
    Dim hard As Object
    hard = Opened(lines(0))
    Dim found As String
    Dim i As Long
    For i = 2 To UBound(lines)
        If lines(i) <> "" Then found = found & AfterGroup(Opened(lines(0)), hard, i - 2, Split(lines(i), Chr(9)))
    Next i
    hard.close(True)
    WriteAll(lines(1), found & "done" & Chr(10))
    StarDesktop.terminate()
End Sub

Function Opened(url As String) As Object
    Dim arguments(0) As New com.sun.star.beans.PropertyValue
    arguments(0).Name = "Hidden"
    arguments(0).Value = True
    Opened = StarDesktop.loadComponentFromURL(url, "_blank", 0, arguments())
End Function

' An edit is five fields: sheet, column, row, text or number, value.
Function AfterGroup(soft As Object, hard As Object, number As Long, edits() As String) As String
    Dim kept() As Variant
    ReDim kept(UBound(edits))
    Dim at As Long
    For at = 0 To UBound(edits) Step 5
        PutInto(soft, edits, at, edits(at + 4))
        soft.calculate()
        kept(at) = PutInto(hard, edits, at, edits(at + 4))
    Next at
    hard.calculateAll()
    AfterGroup = Differences(soft, hard, number) & Differences(soft, hard, number)
    soft.close(True)
    For at = 0 To UBound(edits) Step 5
        PutInto(hard, edits, at, kept(at))
    Next at
End Function

Function PutInto(document As Object, edits() As String, at As Long, value As Variant) As Variant
    Dim cell As Object
    cell = document.Sheets.getByName(edits(at)).getCellByPosition(CLng(edits(at + 1)), CLng(edits(at + 2)))
    If cell.Type = com.sun.star.table.CellContentType.EMPTY Then
        PutInto = Empty
    ElseIf edits(at + 3) = "text" Then
        PutInto = cell.getString()
    Else
        PutInto = cell.getValue()
    End If
    If IsEmpty(value) Then
        cell.setFormula("")
    ElseIf edits(at + 3) = "text" Then
        cell.setString(value)
    Else
        cell.setValue(CDbl(value))
    End If
End Function

Function Differences(soft As Object, hard As Object, number As Long) As String
    Dim s As Long, r As Long, c As Long
    Dim one As Variant, two As Variant
    Dim found As String
    For s = 0 To soft.Sheets.getCount() - 1
        one = AllOf(soft.Sheets.getByIndex(s))
        two = AllOf(hard.Sheets.getByIndex(s))
        For r = 0 To UBound(one)
            If Join(one(r), Chr(9)) <> Join(two(r), Chr(9)) Then
                For c = 0 To UBound(one(r))
                    If Unlike(one(r)(c), two(r)(c)) Then
                        found = found & number & Chr(9) & soft.Sheets.getByIndex(s).getName() & Chr(9) & r & Chr(9) & c _
                            & Chr(9) & CStr(one(r)(c)) & Chr(9) & CStr(two(r)(c)) & Chr(10)
                    End If
                Next c
            End If
        Next r
    Next s
    Differences = found
End Function

Function Unlike(one As Variant, two As Variant) As Boolean
    ' What was saved has digits that the program drops: that much apart is alike.
    If VarType(one) = 5 And VarType(two) = 5 Then
        Unlike = Abs(one - two) > 1E-9 * (Abs(one) + Abs(two))
    Else
        Unlike = CStr(one) <> CStr(two)
    End If
End Function

Function AllOf(sheet As Object) As Variant
    Dim cursor As Object
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    AllOf = sheet.getCellRangeByPosition(0, 0, cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow).getDataArray()
End Function

Function ReadAll(path As String) As String
    Dim stream As Object
    stream = createUnoService("com.sun.star.io.TextInputStream")
    stream.setInputStream(createUnoService("com.sun.star.ucb.SimpleFileAccess").openFileRead(path))
    stream.setEncoding("UTF-8")
    ReadAll = stream.readString(Array(), False)
    stream.closeInput()
End Function

Sub WriteAll(path As String, text As String)
    Dim stream As Object
    stream = createUnoService("com.sun.star.io.TextOutputStream")
    stream.setOutputStream(createUnoService("com.sun.star.ucb.SimpleFileAccess").openFileWrite(path))
    stream.setEncoding("UTF-8")
    stream.writeString(text)
    stream.closeOutput()
End Sub
