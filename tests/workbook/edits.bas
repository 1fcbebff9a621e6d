' What a learner's edits leave: LibreOffice's own recalculation after each, beside a recalculation of everything.
'
' For each group of edits the workbook is opened anew: the program calculates as it does by itself after each edit, and
' then all cells are read twice. They are compared with what they are once everything is calculated anew. Reading all
' cells, or calculating everything, heals a document for good, so none is used for a second group.
'
' The program stays for the next job, as long as the process of the tests is there.

Sub Edits(folder As String, tests As String)
    Dim files As Object
    files = createUnoService("com.sun.star.ucb.SimpleFileAccess")
    Do While files.exists(tests)
        If files.exists(folder & "/job.txt") Then
            Dim found As String
            found = StaleCells(Split(ReadAll(folder & "/job.txt"), Chr(10)))
            files.kill(folder & "/job.txt")
            WriteAll(folder & "/writing.txt", found & "done" & Chr(10))
            files.move(folder & "/writing.txt", folder & "/result.txt")
        End If
        Wait 100
    Loop
    StarDesktop.terminate()
End Sub

' A job is a workbook's address, and a line a group of edits.
Function StaleCells(lines() As String) As String
    Dim found As String
    Dim i As Long
    For i = 1 To UBound(lines)
        If lines(i) <> "" Then found = found & AfterGroup(Opened(lines(0)), i - 1, Split(lines(i), Chr(9)))
    Next i
    StaleCells = found
End Function

Function Opened(url As String) As Object
    Dim arguments(0) As New com.sun.star.beans.PropertyValue
    arguments(0).Name = "Hidden"
    arguments(0).Value = True
    Opened = StarDesktop.loadComponentFromURL(url, "_blank", 0, arguments())
End Function

' An edit is five fields: sheet, column, row, text or number, value.
Function AfterGroup(document As Object, number As Long, edits() As String) As String
    Dim at As Long
    For at = 0 To UBound(edits) Step 5
        PutInto(document, edits, at)
        document.calculate()
    Next at
    Dim first As Variant, second As Variant, right As Variant
    first = AllCells(document)
    second = AllCells(document)
    document.calculateAll()
    right = AllCells(document)
    AfterGroup = Differences(document, first, right, number) & Differences(document, second, right, number)
    document.close(True)
End Function

Sub PutInto(document As Object, edits() As String, at As Long)
    Dim cell As Object
    cell = document.Sheets.getByName(edits(at)).getCellByPosition(CLng(edits(at + 1)), CLng(edits(at + 2)))
    If edits(at + 3) = "text" Then
        cell.setString(edits(at + 4))
    Else
        cell.setValue(CDbl(edits(at + 4)))
    End If
End Sub

Function AllCells(document As Object) As Variant
    Dim last As Long, s As Long
    last = document.Sheets.getCount() - 1
    Dim cells(last) As Variant
    For s = 0 To last
        cells(s) = AllOf(document.Sheets.getByIndex(s))
    Next s
    AllCells = cells
End Function

Function Differences(document As Object, found As Variant, right As Variant, number As Long) As String
    Dim s As Long, r As Long, c As Long
    Dim one As Variant, two As Variant
    Dim told As String
    For s = 0 To UBound(found)
        one = found(s)
        two = right(s)
        For r = 0 To UBound(one)
            If Join(one(r), Chr(9)) <> Join(two(r), Chr(9)) Then
                For c = 0 To UBound(one(r))
                    If Unlike(one(r)(c), two(r)(c)) Then
                        told = told & number & Chr(9) & document.Sheets.getByIndex(s).getName() & Chr(9) & r & Chr(9) & c _
                            & Chr(9) & CStr(one(r)(c)) & Chr(9) & CStr(two(r)(c)) & Chr(10)
                    End If
                Next c
            End If
        Next r
    Next s
    Differences = told
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
